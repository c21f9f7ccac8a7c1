package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Advance dispatches advance, a single invocation.
func (b *Backend) Advance(step *ops.Tensor) {
	ops.CheckAdvance(step)
	b.dispatch(dispatch{
		op:     "advance",
		bind:   []*ops.Tensor{step},
		params: []uint32{uint32(step.First)},
		grid:   [3]int{1, 1, 1},
	})
}
