package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// RMSNorm dispatches rms_norm, a workgroup for each token.
func (b *Backend) RMSNorm(dst, x, w *ops.Tensor, eps float32) {
	ops.CheckRMSNorm(dst, x, w)
	width, n := x.Dim(0), x.Dim(1)
	b.dispatch(dispatch{
		op:      "rms_norm",
		defines: map[string]string{"LANES": strconv.Itoa(b.normLanes())},
		bind:    []*ops.Tensor{dst, x, w},
		params:  []uint32{uint32(width), uint32(n), uint32(dst.First), uint32(x.First), uint32(w.First), f32bits(eps)},
		grid:    grid2D(n),
	})
}

// normLanes returns the size of a workgroup that normalises one vector, a power of two.
func (b *Backend) normLanes() int {
	if b.kind.SlowBarriers {
		return 8
	}
	return 256
}
