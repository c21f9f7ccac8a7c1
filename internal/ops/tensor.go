package ops

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/quant"
)

// Shape lists the sizes of a tensor's dimensions, fastest first, as GGUF stores them: a weight that maps
// hidden to rows is [hidden, rows], activations are [width, nTokens].
type Shape []int

// Elems returns the number of elements, 1 for an empty shape.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Tensor is a handle to an array of numbers that a Backend owns.
type Tensor struct {
	Name  string     // for traces and errors, e.g. "blk.3.attn_q.weight"
	Type  quant.Type // weights: their block format; activations: F32; indices: U32; caches: F16 or F32
	Shape Shape
	First int // index within Data of the first element of a view, a multiple of Shape[0]
	Data  any // private to the backend
}

// Dim returns the size of dimension i, 1 for dimensions beyond the last.
func (t *Tensor) Dim(i int) int {
	if i < len(t.Shape) {
		return t.Shape[i]
	}
	return 1
}

// Rows returns a view of n rows, beginning with row first: the tokens first..first+n-1 of [width, nTokens]. It panics
// if t has more than two dimensions or too few rows.
func (t *Tensor) Rows(first, n int) *Tensor {
	if len(t.Shape) > 2 || first < 0 || n < 1 || first+n > t.Dim(1) {
		panic(fmt.Sprintf("ops: rows %d..%d of %v", first, first+n-1, t))
	}
	v := *t
	v.Shape = Shape{t.Dim(0), n}
	v.First = t.First + first*t.Dim(0)
	return &v
}

// String returns the tensor's name, type and shape, for errors.
func (t *Tensor) String() string {
	if t == nil {
		return "(no tensor)"
	}
	return fmt.Sprintf("%s %s%v", t.Name, t.Type, []int(t.Shape))
}
