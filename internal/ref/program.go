package ref

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// Record returns the ops that f calls as a program, without running them.
func (b *Backend) Record(label string, f func()) (ops.Program, error) {
	return b.RecordGuarded(label, nil, f)
}

// RecordGuarded is Record for a program that stops at a router that chooses an expert that is in no slot.
func (b *Backend) RecordGuarded(_ string, guard *ops.Tensor, f func()) (ops.Program, error) {
	ops.CheckGuard(guard)
	p := &program{guard: guard}
	b.recording = p
	defer func() { b.recording = nil }()
	f()
	return p, nil
}

// record adds an op to the program that is being recorded. It panics outside Record.
func (b *Backend) record(op func()) {
	if b.recording == nil {
		panic("ref: an op was called outside Record")
	}
	b.recording.ops = append(b.recording.ops, op)
}

// recordRouter adds an op that reports whether an expert is missing.
func (b *Backend) recordRouter(op func() (missing bool)) {
	b.record(nil) // replaced below; panics outside Record
	p := b.recording
	p.routers = append(p.routers, len(p.ops)-1)
	number := len(p.routers)
	p.ops[len(p.ops)-1] = func() {
		if op() && p.guard != nil {
			words(p.guard)[0] = uint32(number)
		}
	}
}

// program is a list of ops.
type program struct {
	guard   *ops.Tensor // nil for none
	ops     []func()
	routers []int // indices in ops of the routers
}

// Run runs all ops.
func (p *program) Run() error { return p.run(p.ops) }

// RunFrom runs the router of a number, counted from 1, and the ops after it.
func (p *program) RunFrom(router int) error { return p.run(p.ops[p.routers[router-1]:]) }

// run runs ops until the guard is set.
func (p *program) run(list []func()) error {
	for _, op := range list {
		if p.guard != nil && words(p.guard)[0] != 0 {
			break
		}
		op()
	}
	return nil
}

// Release drops the ops.
func (p *program) Release() { p.ops = nil }

// ReadBack copies the bytes immediately, because every program has already run to its end.
func (b *Backend) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	return readBack(memoryOf(t).get(t, offset, n))
}

// ReadBackSlices copies the bytes immediately, as ReadBack does.
func (b *Backend) ReadBackSlices(slices ...ops.Slice) ops.Pending {
	var all readBack
	for _, s := range slices {
		all = append(all, memoryOf(s.Tensor).get(s.Tensor, s.Offset, s.N)...)
	}
	return all
}

// readBack is an ops.Pending that already has its bytes.
type readBack []byte

// Wait returns the bytes.
func (f readBack) Wait(ctx context.Context) ([]byte, error) { return f, ctx.Err() }
