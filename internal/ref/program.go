package ref

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// Record keeps the ops that f calls, without running them.
func (b *Backend) Record(label string, f func()) (ops.Program, error) {
	return b.RecordGuarded(label, nil, f)
}

// RecordGuarded does the same for a program that stops at the router that misses an expert.
func (b *Backend) RecordGuarded(_ string, guard *ops.Tensor, f func()) (ops.Program, error) {
	ops.CheckGuard(guard)
	p := &program{guard: guard}
	b.recording = p
	defer func() { b.recording = nil }()
	f()
	return p, nil
}

// record adds an op to the program under way. An op outside Record is a bug.
func (b *Backend) record(op func()) {
	if b.recording == nil {
		panic("ref: an op was called outside Record")
	}
	b.recording.ops = append(b.recording.ops, op)
}

// recordRouter adds an op that may find an expert missing.
func (b *Backend) recordRouter(op func() (missing bool)) {
	b.record(nil) // outside Record, a bug as well
	p := b.recording
	p.routers = append(p.routers, len(p.ops)-1)
	number := len(p.routers)
	p.ops[len(p.ops)-1] = func() {
		if op() && p.guard != nil {
			words(p.guard)[0] = uint32(number)
		}
	}
}

// program is its ops, in order.
type program struct {
	guard   *ops.Tensor // nil for none
	ops     []func()
	routers []int // which of the ops they are
}

func (p *program) Run() error { return p.run(p.ops) }

func (p *program) RunFrom(router int) error { return p.run(p.ops[p.routers[router-1]:]) }

func (p *program) run(list []func()) error {
	for _, op := range list {
		if p.guard != nil && words(p.guard)[0] != 0 {
			break
		}
		op()
	}
	return nil
}

func (p *program) Release() { p.ops = nil }

// Fetch copies the bytes at once: nothing is under way between programs.
func (b *Backend) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	return fetched(memoryOf(t).get(t, offset, n))
}

// ReadBackSlices copies them too.
func (b *Backend) ReadBackSlices(parts ...ops.Slice) ops.Pending {
	var all fetched
	for _, p := range parts {
		all = append(all, memoryOf(p.Tensor).get(p.Tensor, p.Offset, p.N)...)
	}
	return all
}

// fetched is a read-back that is already here.
type fetched []byte

func (f fetched) Wait(ctx context.Context) ([]byte, error) { return f, ctx.Err() }
