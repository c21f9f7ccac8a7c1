// Package ref does the arithmetic of internal/ops on the CPU, plainly: it is what every GPU kernel is compared with.
// Sums are kept in float64 and rounded once. It refuses to be clever; where it could be faster and less obvious, it is
// obvious.
package ref

import (
	"context"
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Backend is an ops.Backend that runs each program to its end before Run returns.
type Backend struct {
	recording *program // nil between Records
}

// New gives a backend with no limits.
func New() *Backend { return &Backend{} }

// Limits are those of the address space.
func (b *Backend) Limits() ops.Limits {
	return ops.Limits{MaxBuffer: math.MaxInt64, MaxBinding: math.MaxInt64}
}

// Alloc makes a tensor of zeros.
func (b *Backend) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	s := ops.Shape(shape)
	return &ops.Tensor{Name: name, Type: t, Shape: s, Data: newMemory(t, s)}, nil
}

// Free leaves the work to the garbage collector.
func (b *Backend) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		t.Data = nil
	}
}

// Write copies data into t from byte offset on.
func (b *Backend) Write(t *ops.Tensor, offset int, data []byte) error {
	return memoryOf(t).put(t, offset, data)
}

// Upload accepts blobs that give their bytes in Go memory, such as ops.Bytes.
func (b *Backend) Upload(t *ops.Tensor, offset int64, blob ops.Blob) error {
	data, ok := blob.(interface{ Bytes() []byte })
	if !ok {
		return fmt.Errorf("ref: %s: a %T has no bytes in Go memory", t.Name, blob)
	}
	return memoryOf(t).put(t, int(offset), data.Bytes())
}

// Record keeps the ops that f calls, without running them.
func (b *Backend) Record(label string, f func()) (ops.Program, error) {
	p := &program{label: label}
	b.recording = p
	defer func() { b.recording = nil }()
	f()
	return p, nil
}

// Fetch copies the bytes at once: nothing is under way between programs.
func (b *Backend) Fetch(t *ops.Tensor, offset, n int) ops.Pending {
	return fetched(memoryOf(t).get(t, offset, n))
}

// Close does nothing.
func (b *Backend) Close() {}

// record adds an op to the program under way. An op outside Record is a bug.
func (b *Backend) record(op func()) {
	if b.recording == nil {
		panic("ref: an op was called outside Record")
	}
	b.recording.ops = append(b.recording.ops, op)
}

// program is its ops, in order.
type program struct {
	label string
	ops   []func()
}

func (p *program) Run() error {
	for _, op := range p.ops {
		op()
	}
	return nil
}

func (p *program) Release() { p.ops = nil }

// fetched is a read-back that is already here.
type fetched []byte

func (f fetched) Wait(ctx context.Context) ([]byte, error) { return f, ctx.Err() }
