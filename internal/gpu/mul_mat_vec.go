package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatVec dispatches mul_mat_vec. A workgroup computes some row groups of four rows each, with several lanes for
// each row group.
func (b *Backend) MulMatVec(p ops.Product) {
	ops.CheckProduct("mul_mat_vec", p)
	lanes, rowGroups := b.lanesFor(p.X.Dim(0))
	defines := productDefines(p)
	defines["LANES"], defines["ROW_GROUPS"] = strconv.Itoa(lanes), strconv.Itoa(rowGroups)
	b.dispatch(dispatch{
		op:      "mul_mat_vec",
		defines: defines,
		bind:    productBind(p),
		params:  productParams(p),
		grid:    grid2D(ceilDiv(p.Dst.Dim(0)/4, rowGroups)),
	})
}

// lanesFor returns how a workgroup of 64 is split between row groups when a row has hidden weights: as many lanes for
// each row group as have work, the rest of the lanes for other row groups. Where barriers are slow, a lane computes a
// row group alone.
func (b *Backend) lanesFor(hidden int) (lanes, rowGroups int) {
	if b.kind.SlowBarriers {
		return 1, 16
	}
	lanes = 4
	for lanes < 32 && lanes*32*4 < hidden {
		lanes *= 2
	}
	return lanes, 64 / lanes
}
