package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// Router: one workgroup a token.
func (b *Backend) Router(dst, x, w *ops.Tensor) {
	ops.CheckRouter(dst, x, w)
	k, n, numExperts := dst.Dim(0)/2, x.Dim(1), w.Dim(1)
	lanes, teams := b.routerTeams(numExperts)
	b.dispatch(dispatch{
		op:      "router",
		defines: map[string]string{"LANES": strconv.Itoa(lanes), "TEAMS": strconv.Itoa(teams)},
		bind:    []*ops.Tensor{dst, x, w},
		params:  words(x.Dim(0), numExperts, k, n, dst.First/2, x.First/4),
		grid:    fold(n),
	})
}

// routerTeams splits a workgroup into teams that make four logits each: as many as find work, and not more than a team
// has lanes.
func (b *Backend) routerTeams(numExperts int) (lanes, teams int) {
	lanes, teams = 256, 1
	if b.traits.slowBarriers {
		lanes = 16
	}
	for teams*4 < numExperts && teams < lanes {
		lanes, teams = lanes/2, teams*2
	}
	return lanes, teams
}
