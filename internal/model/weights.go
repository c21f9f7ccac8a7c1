package model

import (
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Source finds a file's tensors by name.
type Source map[string]*ops.Tensor

// Weights hands a file's tensors to the fields of a model, checking each. It remembers the first thing that is wrong,
// so that Bind reads as a list; a tensor that is missing or wrong is replaced by one of the right shape and no numbers.
type Weights struct {
	source Source
	paged  bool // stacks may hold fewer matrices than the model has experts
	taken  map[string]bool
	err    error
}

// Has reports whether the file has a tensor.
func (w *Weights) Has(name string) bool { return w.source[name] != nil }

// Matrix takes a matrix that maps hidden to rows: [hidden, rows], in any block format. rows 0 stands for as many as
// the file has.
func (w *Weights) Matrix(name string, hidden, rows int) *ops.Tensor {
	if rows == 0 && w.Has(name) {
		rows = w.source[name].Dim(1)
	}
	w.divisible(name, hidden, rows)
	return w.take(name, hidden, rows)
}

// Stack takes n matrices that map hidden to rows: [hidden, rows, n]. In a paged model there may be slots for only some.
func (w *Weights) Stack(name string, hidden, rows, n int) *ops.Tensor {
	w.divisible(name, hidden, rows)
	if w.paged && w.Has(name) {
		n = min(n, w.source[name].Dim(2))
	}
	return w.take(name, hidden, rows, n)
}

// divisible holds for every product: kernels read and write numbers by fours.
func (w *Weights) divisible(name string, hidden, rows int) {
	if hidden%4 != 0 || rows%4 != 0 {
		w.fail(bad("tensor %q maps %d numbers to %d, and one of the two is not a multiple of 4", name, hidden, rows))
	}
}

// Table takes rows to choose from: n of width numbers, in any block format.
func (w *Weights) Table(name string, width, n int) *ops.Tensor {
	return w.take(name, width, n)
}

// Vector takes n numbers, F32.
func (w *Weights) Vector(name string, n int) *ops.Tensor { return w.F32(name, n) }

// Plain takes numbers of any shape, F32.
func (w *Weights) F32(name string, shape ...int) *ops.Tensor {
	t := w.take(name, shape...)
	if t.Type != quant.F32 {
		w.fail(bad("tensor %q is %v, want F32", name, t.Type))
	}
	return t
}

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

func (w *Weights) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// verdict is the first thing that was wrong, or that the file has a tensor nobody took.
func (w *Weights) finish() error {
	var extra []string
	for name := range w.source {
		if !w.taken[name] {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		first := slices.Min(extra)
		w.fail(bad("tensor %q of shape %v is one the model has no place for", first, []int(w.source[first].Shape)))
	}
	return w.err
}

// ends are the weights before the first layer and after the last.
type outerWeights struct {
	embedding *ops.Tensor // [hidden, vocab]
	norm      *ops.Tensor // [hidden]
	head      *ops.Tensor // [hidden, vocab]; the embedding itself where the file has no other
}

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
