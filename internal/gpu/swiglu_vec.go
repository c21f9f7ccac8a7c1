package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// SwigluVec: as MulMatVec, a team making four rows of gate and of up.
func (b *Backend) SwigluVec(dst, x, gate, up *ops.Tensor) {
	ops.CheckSwigluVec(dst, x, gate, up)
	lanes, teams := b.teamsFor(x.Dim(0))
	b.dispatch(dispatch{
		op: "swiglu_vec",
		defines: map[string]string{
			"TYPE0": typeName(gate), "TYPE1": typeName(up), "RAGGED": flag(x.Dim(0)%32 != 0),
			"LANES": strconv.Itoa(lanes), "TEAMS": strconv.Itoa(teams),
		},
		bind:   []*ops.Tensor{dst, x, gate, up},
		params: append(append(matrixParams(gate), matrixParams(up)...), uint32(dst.First/4), uint32(x.First/4)),
		grid:   fold(ceilDiv(dst.Dim(0)/4, teams)),
	})
}
