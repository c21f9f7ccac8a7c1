package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Gelu: one invocation an element.
func (b *Backend) Gelu(x *ops.Tensor) {
	ops.CheckGelu(x)
	count := x.Shape.Elems()
	b.dispatch(dispatch{
		op:     "gelu",
		bind:   []*ops.Tensor{x},
		params: words(count, x.First),
		grid:   fold(ceilDiv(count, 256)),
	})
}
