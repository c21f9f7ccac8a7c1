package gpu

import "github.com/outrider-web/outrider/internal/ops"

// SetRows: one invocation four elements.
func (b *Backend) SetRows(dst, src, ids *ops.Tensor) {
	ops.CheckSetRows(dst, src, ids)
	fours, n := src.Dim(0)/4, src.Dim(1)
	b.dispatch(dispatch{
		op:     "set_rows",
		bind:   []*ops.Tensor{dst, src, ids},
		params: words(fours, n, dst.First/4, src.First/4, ids.First),
		grid:   fold(ceilDiv(fours*n, 64)),
	})
}
