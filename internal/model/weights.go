package model

import (
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Source is the tensors of a file by name.
type Source map[string]*ops.Tensor

// Weights hands the tensors of a file to a model and checks each. It keeps the first error, so that Bind need not check
// any; instead of a tensor that is missing or wrong it returns one of the right shape without data.
type Weights struct {
	source Source
	paged  bool // stacks may have fewer slots than the model has experts
	taken  map[string]bool
	err    error
}

// Has reports whether the file has a tensor.
func (w *Weights) Has(name string) bool { return w.source[name] != nil }

// Matrix returns a matrix that maps hidden numbers to rows numbers: [hidden, rows], of any type. rows 0 stands for as
// many as the file has.
func (w *Weights) Matrix(name string, hidden, rows int) *ops.Tensor {
	if rows == 0 && w.Has(name) {
		rows = w.source[name].Dim(1)
	}
	w.divisible(name, hidden, rows)
	return w.take(name, hidden, rows)
}

// Stack returns n matrices that map hidden numbers to rows numbers: [hidden, rows, n], of any type. In a paged model
// there may be fewer.
func (w *Weights) Stack(name string, hidden, rows, n int) *ops.Tensor {
	w.divisible(name, hidden, rows)
	if w.paged && w.Has(name) {
		n = min(n, w.source[name].Dim(2))
	}
	return w.take(name, hidden, rows, n)
}

// divisible checks what every product requires: kernels read and write numbers in groups of four.
func (w *Weights) divisible(name string, hidden, rows int) {
	if hidden%4 != 0 || rows%4 != 0 {
		w.fail(bad("tensor %q maps %d numbers to %d, and one of the two is not a multiple of 4", name, hidden, rows))
	}
}

// Table returns n rows of width numbers, of any type, for GetRows.
func (w *Weights) Table(name string, width, n int) *ops.Tensor {
	return w.take(name, width, n)
}

// Vector returns n numbers, F32.
func (w *Weights) Vector(name string, n int) *ops.Tensor { return w.F32(name, n) }

// F32 returns an F32 tensor of any shape.
func (w *Weights) F32(name string, shape ...int) *ops.Tensor {
	t := w.take(name, shape...)
	if t.Type != quant.F32 {
		w.fail(bad("tensor %q is %v, want F32", name, t.Type))
	}
	return t
}

// take returns the tensor of a name and checks its shape.
func (w *Weights) take(name string, shape ...int) *ops.Tensor {
	w.taken[name] = true
	t := w.source[name]
	switch {
	case t == nil:
		w.fail(bad("tensor %q of shape %v is missing", name, shape))
	case !slices.Equal(t.Shape, shape):
		w.fail(bad("tensor %q has shape %v, but the metadata asks for %v", name, []int(t.Shape), shape))
	default:
		return t
	}
	return &ops.Tensor{Name: name, Type: quant.F32, Shape: shape}
}

// fail keeps err if it is the first error.
func (w *Weights) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// finish returns the first error. It is also an error if the file has a tensor that was not taken.
func (w *Weights) finish() error {
	var extra []string
	for name := range w.source {
		if !w.taken[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		first := slices.Min(extra)
		w.fail(bad("tensor %q of shape %v is not part of the model", first, []int(w.source[first].Shape)))
	}
	return w.err
}

// outerWeights are the weights outside the layers.
type outerWeights struct {
	embedding *ops.Tensor // [hidden, vocab]
	norm      *ops.Tensor // [hidden]
	head      *ops.Tensor // [hidden, vocab]; the embedding if the file has no separate head
}

// bindOuterWeights takes the weights outside the layers from w.
func bindOuterWeights(c Config, w *Weights) outerWeights {
	e := outerWeights{
		embedding: w.Matrix("token_embd.weight", c.HiddenSize, c.VocabSize),
		norm:      w.Vector("output_norm.weight", c.HiddenSize),
	}
	e.head = e.embedding
	if w.Has("output.weight") {
		e.head = w.Matrix("output.weight", c.HiddenSize, e.embedding.Dim(1))
	}
	return e
}
