package gpu

import (
	"encoding/binary"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
)

// A program is a flat list of u32 words, one command after another. There is one command so far:
//
//	opDispatch, pipeline, bind group, byte offset of Params, workgroups x, y, z
//
// Pipelines and bind groups are indices into the device's tables. Both players of the list, replay in
// device_native.go and replay in web/src/worker/gpu-host.ts, put all of it into one compute pass and one submit.
const (
	opDispatch    = 1
	dispatchWords = 7
)

// recorder gathers the dispatches of a program while Record runs its function.
type recorder struct {
	guard *ops.Tensor // nil for none
	steps []dispatch
}

func (r *recorder) add(d dispatch) {
	if r.guard != nil {
		d.guarded, d.bind = true, append(slices.Clip(d.bind), r.guard)
	}
	r.steps = append(r.steps, d)
}

// guarded says whether a guarded program is being recorded.
func (b *Backend) guarded() bool { return b.rec != nil && b.rec.guard != nil }

// Record runs f and keeps the ops it calls as a program. Errors name the kernel that does not compile.
func (b *Backend) Record(label string, f func()) (ops.Program, error) {
	return b.RecordGuarded(label, nil, f)
}

// RecordGuarded does the same with the guarded variants of the kernels. Errors name a kernel that has none.
func (b *Backend) RecordGuarded(label string, guard *ops.Tensor, f func()) (ops.Program, error) {
	ops.CheckGuard(guard)
	if b.rec != nil {
		panic("gpu: Record within Record")
	}
	b.rec = &recorder{guard: guard}
	steps := func() []dispatch {
		defer func() { b.rec = nil }()
		f()
		return b.rec.steps
	}()
	if err := b.report(); err != nil {
		return nil, err
	}
	return b.program(label, steps)
}

// program is ops.Program.
type program struct {
	b    *Backend
	id   uint32 // in the device's table
	page *page
	span span
	dead bool

	routers []int // the word where each begins
}

// program compiles, binds and writes down steps.
func (b *Backend) program(label string, steps []dispatch) (ops.Program, error) {
	l := lowering{b: b}
	wait := b.dev.scoped("the program "+label, func() error { return l.lower(steps) })
	err := wait()
	for _, compiled := range l.waits {
		if e := compiled(); e != nil && l.kernel == nil {
			l.kernel = e
		}
	}
	if l.kernel != nil {
		err = l.kernel
	}
	if err != nil {
		l.giveUp()
		return nil, err
	}
	return &program{b: b, id: b.dev.addProgram(l.words), page: l.page, span: l.span, routers: l.routers}, nil
}

// lowering is a program in the making.
type lowering struct {
	b      *Backend
	page   *page
	span   span
	words  []uint32
	params []byte
	waits  []func() error // for kernels still compiling
	kernel error          // says more than what follows from it

	routers []int // the word where each begins
}

func (l *lowering) lower(steps []dispatch) (err error) {
	if l.page, l.span, err = l.b.takeSlots(max(len(steps), 1)); err != nil {
		return err
	}
	l.words = make([]uint32, 0, dispatchWords*len(steps))
	l.params = make([]byte, slotBytes*len(steps))
	for i := range steps {
		if err := l.add(i, &steps[i]); err != nil {
			return err
		}
	}
	return l.b.dev.write(l.page.buffer, int64(l.span.first*slotBytes), l.params)
}

func (l *lowering) add(i int, d *dispatch) error {
	p, wait, err := l.b.pipeline(d)
	if err != nil {
		l.kernel = err
		return err
	}
	if wait != nil {
		l.waits = append(l.waits, wait)
	}
	if err := d.check(p.access); err != nil {
		return broken("a call of "+d.name(), err)
	}
	g, err := l.b.group(p.layout, l.buffers(d))
	if err != nil {
		return broken("the tensors of "+d.name(), err)
	}
	if d.router {
		l.routers = append(l.routers, len(l.words))
		d.params = append(d.params, uint32(len(l.routers)))
	}
	for j, w := range d.params {
		binary.LittleEndian.PutUint32(l.params[slotBytes*i+4*j:], w)
	}
	at := uint32((l.span.first + i) * slotBytes)
	l.words = append(l.words, opDispatch, p.id, g, at, uint32(d.grid[0]), uint32(d.grid[1]), uint32(d.grid[2]))
	return nil
}

// buffers are the bindings of a dispatch: its tensors, then the page its Params are in.
func (l *lowering) buffers(d *dispatch) []*buffer {
	bind := make([]*buffer, 0, len(d.bind)+1)
	for _, t := range d.bind {
		bind = append(bind, bufferOf(t))
	}
	return append(bind, l.page.buffer)
}

func (l *lowering) giveUp() {
	if l.page != nil {
		l.page.give(l.span)
	}
}

// Run queues the program: one call into the device, whatever its length.
func (p *program) Run() error { return p.run(0) }

// RunFrom does the same from a router on.
func (p *program) RunFrom(router int) error { return p.run(p.routers[router-1]) }

func (p *program) run(word int) error {
	if err := p.b.noted(); err != nil {
		return err
	}
	return p.b.dev.run(p.id, word)
}

// Release gives the program's slots back. What is queued still runs.
func (p *program) Release() {
	if p.dead {
		return
	}
	p.dead = true
	p.page.give(p.span)
	p.b.dev.dropProgram(p.id)
}
