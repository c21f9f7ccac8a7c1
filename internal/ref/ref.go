// Package ref is the CPU reference of internal/ops, which every GPU kernel is compared with. Sums are kept in float64
// and rounded once. The code is simple rather than fast, so that a reader can check it against the formulas.
package ref

import (
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Backend is an ops.Backend on the CPU. Run returns after the whole program has run.
type Backend struct {
	recording *program // the program that Record is recording, or nil
}

// New returns a backend.
func New() *Backend { return &Backend{} }

// Limits returns limits that no tensor reaches.
func (b *Backend) Limits() ops.Limits {
	return ops.Limits{MaxBuffer: math.MaxInt64, MaxBinding: math.MaxInt64}
}

// Alloc makes a tensor of zeros.
func (b *Backend) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	s := ops.Shape(shape)
	return &ops.Tensor{Name: name, Type: t, Shape: s, Data: newMemory(t, s)}, nil
}

// Free drops the tensors' data, for the garbage collector to free.
func (b *Backend) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		t.Data = nil
	}
}

// Write copies data into t, beginning at a byte offset.
func (b *Backend) Write(t *ops.Tensor, offset int, data []byte) error {
	return memoryOf(t).put(t, offset, data)
}

// Upload copies a blob into t, beginning at a byte offset. It accepts blobs that have their bytes in Go memory, such as
// ops.Bytes.
func (b *Backend) Upload(t *ops.Tensor, offset int64, blob ops.Blob) error {
	data, ok := blob.(interface{ Bytes() []byte })
	if !ok {
		return fmt.Errorf("ref: %s: a %T has no bytes in Go memory", t.Name, blob)
	}
	return memoryOf(t).put(t, int(offset), data.Bytes())
}

// Close does nothing.
func (b *Backend) Close() {}
