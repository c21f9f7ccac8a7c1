package gpu

import (
	"errors"
	"strconv"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
)

// Router dispatches router, a workgroup for each token. In a guarded program there is one token: a workgroup could
// not tell a miss of another workgroup from one of an earlier router.
func (b *Backend) Router(dst, x, w, slots *ops.Tensor) {
	ops.CheckRouter(dst, x, w, slots)
	k, n, numExperts := dst.Dim(0)/ops.ChoiceWords, x.Dim(1), w.Dim(1)
	if n > 1 && b.guarded() {
		b.deferError(device.Refused("a router", errors.New("a guarded program routes one token at a time")))
		return
	}
	lanes, rowGroups := b.routerLanes(numExperts)
	b.dispatch(dispatch{
		op: "router",
		defines: map[string]string{
			"LANES": strconv.Itoa(lanes), "ROW_GROUPS": strconv.Itoa(rowGroups), "SLOTS": flag(slots != nil),
		},
		bind:   withSlots([]*ops.Tensor{dst, x, w}, slots),
		params: words(x.Dim(0), numExperts, k, n, dst.First/ops.ChoiceWords, x.First/4, firstSlot(slots)),
		grid:   grid2D(n),
		router: true,
	})
}

// routerLanes returns how a workgroup is split between row groups of the router's matrix, which are four logits each:
// as many row groups as there are, but no more than a row group has lanes.
func (b *Backend) routerLanes(numExperts int) (lanes, rowGroups int) {
	lanes, rowGroups = 256, 1
	if b.kind.SlowBarriers {
		lanes = 16
	}
	for rowGroups*4 < numExperts && rowGroups < lanes {
		lanes, rowGroups = lanes/2, rowGroups*2
	}
	return lanes, rowGroups
}

// withSlots appends the table of the experts' slots, which may be nil.
func withSlots(bind []*ops.Tensor, slots *ops.Tensor) []*ops.Tensor {
	if slots == nil {
		return bind
	}
	return append(bind, slots)
}

// firstSlot returns the first element of that table.
func firstSlot(slots *ops.Tensor) int {
	if slots == nil {
		return 0
	}
	return slots.First
}
