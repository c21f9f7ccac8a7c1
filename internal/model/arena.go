package model

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Arena makes the tensors of a model and frees them together. It keeps the first error, so that code that makes many
// tensors checks only once.
type Arena struct {
	Backend ops.Backend
	tensors []*ops.Tensor
	err     error
}

// New makes a tensor of zeros. After an error it returns handles without data.
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

// F32 makes an F32 tensor of zeros, for activations.
func (a *Arena) F32(name string, shape ...int) *ops.Tensor { return a.New(name, quant.F32, shape...) }

// Floats makes an F32 tensor that holds x.
func (a *Arena) Floats(name string, x []float32, shape ...int) *ops.Tensor {
	t := a.F32(name, shape...)
	if a.err == nil {
		a.err = Write(a.Backend, t, x)
	}
	return t
}

// Indices makes a U32 tensor [1, len(ids)] that holds ids.
func (a *Arena) Indices(name string, ids ...uint32) *ops.Tensor {
	t := a.New(name, quant.U32, 1, len(ids))
	if a.err == nil {
		a.err = a.Backend.Write(t, 0, words(ids...))
	}
	return t
}

// Sequence makes a U32 tensor [1, n] that holds 0, 1, … n-1: the ids of n rows in order.
func (a *Arena) Sequence(name string, n int) *ops.Tensor {
	ids := make([]uint32, n)
	for i := range ids {
		ids[i] = uint32(i)
	}
	return a.Indices(name, ids...)
}

// Err returns the first error.
func (a *Arena) Err() error { return a.err }

// Free frees the tensors.
func (a *Arena) Free() {
	a.Backend.Free(a.tensors...)
	a.tensors = nil
}
