package gpu

import "github.com/outrider-web/outrider/internal/ops"

// AddExperts dispatches add_experts, an invocation for each element of dst.
func (b *Backend) AddExperts(dst, y *ops.Tensor) {
	k := ops.CheckAddExperts(dst, y)
	hidden, n := dst.Dim(0), dst.Dim(1)
	b.dispatch(dispatch{
		op:     "add_experts",
		bind:   []*ops.Tensor{dst, y},
		params: words(hidden, n, k, dst.First, y.First),
		grid:   grid2D(ceilDiv(hidden*n, 256)),
	})
}
