package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// buffer is the memory behind a tensor: ops.Tensor.Data.
type buffer struct {
	id    uint32 // in the device's table
	name  string
	bytes int64
}

func bufferOf(t *ops.Tensor) *buffer {
	if t == nil {
		panic("gpu: no tensor where one is bound")
	}
	buf, ok := t.Data.(*buffer)
	if !ok {
		panic(fmt.Sprintf("gpu: %v belongs to another backend", t))
	}
	return buf
}

// Alloc makes a tensor of zeros. Errors: LimitError, ErrOutOfMemory.
func (b *Backend) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	tensor := &ops.Tensor{Name: name, Type: t, Shape: shape}
	if tensor.Dim(0)%t.BlockWeights() != 0 || shape == nil || tensor.Shape.Elems() < 1 {
		panic(&ops.ShapeError{Op: "alloc", Want: "rows of whole blocks, one or more", Got: []*ops.Tensor{tensor}})
	}
	buf, err := b.allocate(name, deviceBytes(tensor), forTensors)
	if err != nil {
		return nil, err
	}
	tensor.Data = buf
	return tensor, nil
}

// allocate makes a buffer of zeros; bytes is a multiple of 4.
func (b *Backend) allocate(name string, bytes int64, use usage) (*buffer, error) {
	if bytes > b.limits.MaxBinding {
		return nil, ops.LimitError("largest tensor (maxStorageBufferBindingSize)", name, bytes, b.limits.MaxBinding)
	}
	if bytes > b.limits.MaxBuffer {
		return nil, ops.LimitError("largest buffer (maxBufferSize)", name, bytes, b.limits.MaxBuffer)
	}
	buf, made := &buffer{name: name, bytes: bytes}, false
	create := func() (err error) {
		buf.id, err = b.dev.createBuffer(name, bytes, use)
		made = err == nil
		return err
	}
	if err := b.dev.scoped("memory for "+name, create)(); err != nil {
		if made { // but good for nothing
			b.dev.dropBuffer(buf.id)
		}
		return nil, err
	}
	b.buffers[buf] = true
	return buf, nil
}

// Free gives tensors back. Programs that use them must have been released.
func (b *Backend) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		b.free(bufferOf(t))
	}
}

// Bytes is the size of all buffers, as they were asked for.
func (b *Backend) Bytes() (n int64) {
	for buf := range b.buffers {
		n += buf.bytes
	}
	return n
}

func (b *Backend) free(buf *buffer) {
	if !b.buffers[buf] {
		return
	}
	delete(b.buffers, buf)
	b.groups.forget(b.dev, buf.id)
	b.dev.dropBuffer(buf.id)
}

// Write copies small data into a tensor of a plain type. The queue orders it between the programs run before and
// after; offset and length are multiples of 4.
func (b *Backend) Write(t *ops.Tensor, offset int, data []byte) error {
	at, err := plainRange(t, offset, len(data))
	if err != nil {
		return err
	}
	if at%4 != 0 || len(data)%4 != 0 {
		return errs.New(errs.Internal, fmt.Sprintf("writes to %v go by whole words, not %d bytes at %d", t, len(data), at))
	}
	if err := b.dev.write(bufferOf(t), int64(at), data); err != nil {
		return broken("a write to "+t.Name, err)
	}
	return nil
}

// Fetch asks for bytes of a tensor of a plain type: for the whole words around them.
func (b *Backend) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	at, err := plainRange(t, offset, n)
	if trouble := b.noted(); trouble != nil {
		err = trouble
	}
	if err != nil {
		return failed{err}
	}
	start, end := at/4*4, roundUp(at+n, 4)
	return b.dev.fetch([]stretch{{bufferOf(t), start, end - start}}, at-start, n)
}

// ReadBackSlices asks for parts of several tensors, in one piece.
func (b *Backend) ReadBackSlices(parts ...ops.Slice) ops.Pending {
	if err := b.noted(); err != nil {
		return failed{err}
	}
	all, total := make([]stretch, len(parts)), 0
	for i, p := range parts {
		at, err := plainRange(p.Tensor, p.Offset, p.N)
		if err == nil && (at%4 != 0 || p.N%4 != 0) {
			err = errs.New(errs.Internal, fmt.Sprintf("parts of %v are fetched by whole words, not %d bytes at %d", p.Tensor, p.N, at))
		}
		if err != nil {
			return failed{err}
		}
		all[i], total = stretch{bufferOf(p.Tensor), at, p.N}, total+p.N
	}
	return b.dev.fetch(all, 0, total)
}

// stretch is n bytes of a buffer, whole words.
type stretch struct {
	*buffer
	first, n int
}

// plainRange checks a byte range of t and gives its place in the buffer behind t.
func plainRange(t *ops.Tensor, offset, n int) (int, error) {
	size := t.Type.BlockBytes()
	if t.Type.BlockWeights() != 1 {
		return 0, errs.New(errs.Internal, fmt.Sprintf("%v lies repacked on the GPU; only plain types are read and written", t))
	}
	if offset < 0 || n < 0 || offset+n > size*t.Shape.Elems() {
		return 0, errs.New(errs.Internal, fmt.Sprintf("bytes %d to %d are outside %v", offset, offset+n, t))
	}
	return size*t.First + offset, nil
}

// note keeps the first trouble until a method can report it.
func (b *Backend) note(err error) {
	if b.trouble == nil {
		b.trouble = err
	}
}

// noted gives, once, the trouble of an op called outside Record.
func (b *Backend) noted() error {
	err := b.trouble
	b.trouble = nil
	return err
}

// report gives noted trouble, or what the device has to tell: a question to it, so not for the path of a token.
func (b *Backend) report() error {
	if err := b.noted(); err != nil {
		return err
	}
	return b.dev.fault()
}
