package gpu

import (
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
)

// recorder collects the dispatches of a program while Record runs its function.
type recorder struct {
	guard      *ops.Tensor // nil for none
	dispatches []dispatch
}

func (r *recorder) add(d dispatch) {
	if r.guard != nil {
		d.guarded, d.bind = true, append(slices.Clip(d.bind), r.guard)
	}
	r.dispatches = append(r.dispatches, d)
}

// guarded reports whether a guarded program is being recorded.
func (b *Backend) guarded() bool { return b.recorder != nil && b.recorder.guard != nil }

// Record runs f and keeps the ops that it calls as a program. Errors name the kernel that does not compile.
func (b *Backend) Record(label string, f func()) (ops.Program, error) {
	return b.RecordGuarded(label, nil, f)
}

// RecordGuarded is Record with the guarded variants of the kernels. Errors name a kernel that has none.
func (b *Backend) RecordGuarded(label string, guard *ops.Tensor, f func()) (ops.Program, error) {
	ops.CheckGuard(guard)
	if b.recorder != nil {
		panic("gpu: Record within Record")
	}
	b.recorder = &recorder{guard: guard}
	dispatches := func() []dispatch {
		defer func() { b.recorder = nil }()
		f()
		return b.recorder.dispatches
	}()
	if err := b.takeError(); err != nil {
		return nil, err
	}
	return b.build(label, dispatches)
}

// program is ops.Program.
type program struct {
	b        *Backend
	id       uint32 // number of the program on the device
	params   *paramBuffer
	entries  entryRange // of params
	routers  []int      // the word at which each router's dispatch begins
	released bool
}

// Run queues the program: one call of the device, however long the program is.
func (p *program) Run() error { return p.runFrom(0) }

// RunFrom queues the program from a router on; routers are numbered from 1.
func (p *program) RunFrom(router int) error { return p.runFrom(p.routers[router-1]) }

func (p *program) runFrom(word int) error {
	if err := p.b.takeDeferred(); err != nil {
		return err
	}
	return p.b.dev.Run(p.id, word)
}

// Release frees what the program holds. What is queued already still runs.
func (p *program) Release() {
	if p.released {
		return
	}
	p.released = true
	p.params.release(p.entries)
	p.b.dev.ReleaseProgram(p.id)
}
