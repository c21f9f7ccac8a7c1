// Package ref does the arithmetic of internal/ops on the CPU, plainly: it is what every GPU kernel is compared with.
// Sums are kept in float64 and rounded once. It refuses to be clever; where it could be faster and less obvious, it is
// obvious.
package ref

import (
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

// Close does nothing.
func (b *Backend) Close() {}
