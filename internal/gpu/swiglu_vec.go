package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// SwigluVec dispatches swiglu_vec: as MulMatVec, with a row group of gate and the same one of up together.
func (b *Backend) SwigluVec(dst, x, gate, up *ops.Tensor) {
	ops.CheckSwigluVec(dst, x, gate, up)
	lanes, rowGroups := b.lanesFor(x.Dim(0))
	b.dispatch(dispatch{
		op: "swiglu_vec",
		defines: map[string]string{
			"TYPE0": typeName(gate), "TYPE1": typeName(up), "RAGGED": flag(x.Dim(0)%32 != 0),
			"LANES": strconv.Itoa(lanes), "ROW_GROUPS": strconv.Itoa(rowGroups),
		},
		bind:   []*ops.Tensor{dst, x, gate, up},
		params: append(append(matrixParams(gate), matrixParams(up)...), uint32(dst.First/4), uint32(x.First/4)),
		grid:   grid2D(ceilDiv(dst.Dim(0)/4, rowGroups)),
	})
}
