package gpu

import (
	"errors"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// Router: one workgroup a token. In a guarded program there is one token: several workgroups could not tell a miss of
// their own from one before.
func (b *Backend) Router(dst, x, w, slots *ops.Tensor) {
	ops.CheckRouter(dst, x, w, slots)
	k, n, numExperts := dst.Dim(0)/ops.ChoiceWords, x.Dim(1), w.Dim(1)
	if n > 1 && b.guarded() {
		b.note(broken("a router", errors.New("a guarded program routes one token at a time")))
		return
	}
	lanes, teams := b.routerTeams(numExperts)
	b.dispatch(dispatch{
		op:      "router",
		defines: map[string]string{"LANES": strconv.Itoa(lanes), "TEAMS": strconv.Itoa(teams), "SLOTS": flag(slots != nil)},
		bind:    withSlots([]*ops.Tensor{dst, x, w}, slots),
		params:  words(x.Dim(0), numExperts, k, n, dst.First/ops.ChoiceWords, x.First/4, firstSlot(slots)),
		grid:    fold(n),
		router:  true,
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

// withSlots appends a table of where experts lie, which may be nil.
func withSlots(bind []*ops.Tensor, slots *ops.Tensor) []*ops.Tensor {
	if slots == nil {
		return bind
	}
	return append(bind, slots)
}

// firstSlot is where such a table begins.
func firstSlot(slots *ops.Tensor) int {
	if slots == nil {
		return 0
	}
	return slots.First
}
