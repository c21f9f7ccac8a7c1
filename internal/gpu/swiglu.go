package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Swiglu dispatches swiglu, an invocation for each element of dst.
func (b *Backend) Swiglu(dst, gu *ops.Tensor) {
	ops.CheckSwiglu(dst, gu)
	width, n := dst.Dim(0), dst.Dim(1)
	b.dispatch(dispatch{
		op:     "swiglu",
		bind:   []*ops.Tensor{dst, gu},
		params: []uint32{uint32(width), uint32(n), uint32(dst.First), uint32(gu.First)},
		grid:   grid2D(ceilDiv(width*n, 256)),
	})
}
