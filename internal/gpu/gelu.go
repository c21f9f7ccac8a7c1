package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Gelu dispatches gelu, an invocation for each element.
func (b *Backend) Gelu(x *ops.Tensor) {
	ops.CheckGelu(x)
	count := x.Shape.Elems()
	b.dispatch(dispatch{
		op:     "gelu",
		bind:   []*ops.Tensor{x},
		params: words(count, x.First),
		grid:   grid2D(ceilDiv(count, 256)),
	})
}
