package model

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Arena makes the tensors a model works with and frees them together. It remembers the first error, so that making
// many reads as a list.
type Arena struct {
	Backend ops.Backend
	tensors []*ops.Tensor
	err     error
}

// New makes a tensor of zeros; after an error it makes handles without numbers.
func (a *Arena) New(name string, t quant.Type, shape ...int) *ops.Tensor {
	if a.err == nil {
		var made *ops.Tensor
		if made, a.err = a.Backend.Alloc(name, t, shape...); a.err == nil {
			a.tensors = append(a.tensors, made)
			return made
		}
	}
	return &ops.Tensor{Name: name, Type: t, Shape: shape}
}

// F32 makes activations.
func (a *Arena) F32(name string, shape ...int) *ops.Tensor { return a.New(name, quant.F32, shape...) }

// Floats makes an F32 tensor that holds x.
func (a *Arena) Floats(name string, x []float32, shape ...int) *ops.Tensor {
	t := a.F32(name, shape...)
	if a.err == nil {
		data := make([]byte, quant.F32.RowBytes(len(x)))
		quant.Quantize(quant.F32, data, x)
		a.err = a.Backend.Write(t, 0, data)
	}
	return t
}

func (a *Arena) free() {
	a.Backend.Free(a.tensors...)
	a.tensors = nil
}
