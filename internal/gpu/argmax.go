package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Argmax: one workgroup for the whole vocabulary.
func (b *Backend) Argmax(dst, logits *ops.Tensor) {
	ops.CheckArgmax(dst, logits)
	b.dispatch(dispatch{
		op:     "argmax",
		bind:   []*ops.Tensor{dst, logits},
		params: []uint32{uint32(logits.Dim(0)), uint32(dst.First), uint32(logits.First)},
		grid:   [3]int{1, 1, 1},
	})
}
