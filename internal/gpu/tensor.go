package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// bufferOf returns the memory behind a tensor, ops.Tensor.Data.
func bufferOf(t *ops.Tensor) *device.Buffer {
	if t == nil {
		panic("gpu: a nil tensor is bound")
	}
	buf, ok := t.Data.(*device.Buffer)
	if !ok {
		panic(fmt.Sprintf("gpu: %v belongs to another backend", t))
	}
	return buf
}

// Alloc creates a tensor of zeros. Errors: LimitError, ErrOutOfMemory.
func (b *Backend) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	tensor := &ops.Tensor{Name: name, Type: t, Shape: shape}
	if tensor.Dim(0)%t.BlockWeights() != 0 || shape == nil || tensor.Shape.Elems() < 1 {
		panic(&ops.ShapeError{Op: "alloc", Want: "rows of whole blocks, one or more", Got: []*ops.Tensor{tensor}})
	}
	buf, err := b.allocate(name, deviceBytes(tensor), device.ForTensors)
	if err != nil {
		return nil, err
	}
	tensor.Data = buf
	return tensor, nil
}

// allocate creates a buffer of zeros; bytes is a multiple of 4.
func (b *Backend) allocate(name string, bytes int64, use device.Usage) (*device.Buffer, error) {
	if bytes > b.limits.MaxBinding {
		return nil, ops.LimitError("largest tensor (maxStorageBufferBindingSize)", name, bytes, b.limits.MaxBinding)
	}
	if bytes > b.limits.MaxBuffer {
		return nil, ops.LimitError("largest buffer (maxBufferSize)", name, bytes, b.limits.MaxBuffer)
	}
	buf, err := b.dev.CreateBuffer(name, bytes, use)
	if err != nil {
		return nil, err
	}
	b.buffers[buf] = true
	return buf, nil
}

// Free frees the memory of tensors. Programs that use them must have been released.
func (b *Backend) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		b.free(bufferOf(t))
	}
}

// Bytes returns the size of all buffers together, without what the device adds to them.
func (b *Backend) Bytes() (n int64) {
	for buf := range b.buffers {
		n += buf.Bytes
	}
	return n
}

func (b *Backend) free(buf *device.Buffer) {
	if !b.buffers[buf] {
		return
	}
	delete(b.buffers, buf)
	b.bindGroups.releaseOf(b.dev, buf)
	b.dev.DestroyBuffer(buf)
}
