package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// Router: one workgroup of 256 a token, in as many teams of at least 16 lanes as there are fours of experts.
func (b *Backend) Router(dst, x, w *ops.Tensor) {
	ops.CheckRouter(dst, x, w)
	k, n, numExperts := dst.Dim(0)/2, x.Dim(1), w.Dim(1)
	teams := 1
	for teams < 16 && teams*4 < numExperts {
		teams *= 2
	}
	b.dispatch(dispatch{
		op:      "router",
		defines: map[string]string{"LANES": strconv.Itoa(256 / teams), "TEAMS": strconv.Itoa(teams)},
		bind:    []*ops.Tensor{dst, x, w},
		params:  words(x.Dim(0), numExperts, k, n, dst.First/2, x.First/4),
		grid:    fold(n),
	})
}
