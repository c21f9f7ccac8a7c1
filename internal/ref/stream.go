package ref

import (
	"fmt"
	"io"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// stream is a tensor that stays in its file.
type stream struct {
	file   io.ReaderAt
	offset int64 // of the tensor
	name   string
}

// Stream makes a tensor of weights whose rows are read from file, where it begins at byte offset, whenever an op needs
// them: for models larger than memory. Only plain numbers (F32, F16), which are small, are read at once; nothing may be
// written to the others. Ops panic when a later read fails. Errors: those of file.
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

func (s *stream) read(offset, n int) []byte {
	b := make([]byte, n)
	if _, err := s.file.ReadAt(b, s.offset+int64(offset)); err != nil {
		panic(fmt.Sprintf("ref: %s: %v", s.name, err))
	}
	return b
}
