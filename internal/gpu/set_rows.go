package gpu

import "github.com/outrider-web/outrider/internal/ops"

// SetRows dispatches set_rows, an invocation for four elements.
func (b *Backend) SetRows(dst, src, ids *ops.Tensor) {
	ops.CheckSetRows(dst, src, ids)
	vec4s, n := src.Dim(0)/4, src.Dim(1)
	b.dispatch(dispatch{
		op:     "set_rows",
		bind:   []*ops.Tensor{dst, src, ids},
		params: words(vec4s, n, dst.First/4, src.First/4, ids.First),
		grid:   grid2D(ceilDiv(vec4s*n, 64)),
	})
}
