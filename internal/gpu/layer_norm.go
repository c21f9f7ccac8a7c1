package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// LayerNorm dispatches layer_norm, a workgroup for each token.
func (b *Backend) LayerNorm(dst, x, w, bias *ops.Tensor, eps float32) {
	ops.CheckLayerNorm(dst, x, w, bias)
	width, n := x.Dim(0), x.Dim(1)
	b.dispatch(dispatch{
		op:      "layer_norm",
		defines: map[string]string{"LANES": strconv.Itoa(b.normLanes())},
		bind:    []*ops.Tensor{dst, x, w, bias},
		params:  append(words(width, n, dst.First, x.First, w.First, bias.First), f32bits(eps)),
		grid:    grid2D(n),
	})
}
