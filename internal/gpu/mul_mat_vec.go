package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatVec: teams of lanes make four rows each, some teams a workgroup.
func (b *Backend) MulMatVec(p ops.Product) {
	ops.CheckProduct("mul_mat_vec", p)
	lanes, teams := b.teamsFor(p.X.Dim(0))
	defines := productDefines(p)
	defines["LANES"], defines["TEAMS"] = strconv.Itoa(lanes), strconv.Itoa(teams)
	b.dispatch(dispatch{
		op:      "mul_mat_vec",
		defines: defines,
		bind:    productBind(p),
		params:  productParams(p),
		grid:    fold(ceilDiv(p.Dst.Dim(0)/4, teams)),
	})
}

// teamsFor splits a workgroup of 64 into teams for rows of hidden weights: as many lanes as find work.
func (b *Backend) teamsFor(hidden int) (lanes, teams int) {
	if b.traits.slowBarriers {
		return 1, 16
	}
	lanes = 4
	for lanes < 32 && lanes*32*4 < hidden {
		lanes *= 2
	}
	return lanes, 64 / lanes
}
