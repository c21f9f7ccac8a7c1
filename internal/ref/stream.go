package ref

import (
	"fmt"
	"io"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// stream is the place of a tensor in a file.
type stream struct {
	file   io.ReaderAt
	offset int64 // of the tensor in the file, in bytes
	name   string
}

// Stream makes a tensor of weights for models larger than memory: its rows are read from file, in which the tensor
// begins at a byte offset, whenever an op needs them. F32 and F16 tensors, which are small, are read immediately. The
// others must not be written to, and ops panic if a read fails. Errors: those of file.
func (b *Backend) Stream(file io.ReaderAt, offset int64, name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	w := &ops.Tensor{Name: name, Type: t, Shape: shape}
	if t != quant.F32 && t != quant.F16 {
		w.Data = &memory{stream: &stream{file, offset, name}}
		return w, nil
	}
	m := newMemory(t, w.Shape)
	w.Data = m
	data := make([]byte, t.RowBytes(w.Shape.Elems()))
	if _, err := file.ReadAt(data, offset); err != nil {
		return nil, fmt.Errorf("ref: %s: %w", name, err)
	}
	return w, m.put(w, 0, data)
}

// read returns n bytes of the tensor, beginning at a byte offset.
func (s *stream) read(offset, n int) []byte {
	b := make([]byte, n)
	if _, err := s.file.ReadAt(b, s.offset+int64(offset)); err != nil {
		panic(fmt.Sprintf("ref: %s: %v", s.name, err))
	}
	return b
}
