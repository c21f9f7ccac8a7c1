package gpu

import (
	"slices"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// SwigluIDVec dispatches swiglu_id_vec: as SwigluVec, for the rows of all choices and then those of the shared expert.
func (b *Backend) SwigluIDVec(dst, x, choice *ops.Tensor, e ops.Experts) {
	ops.CheckSwigluIDVec(dst, x, choice, e)
	lanes, rowGroups := b.lanesFor(x.Dim(0))
	b.dispatch(dispatch{
		op: "swiglu_id_vec",
		defines: map[string]string{
			"TYPE0": typeName(e.Gate), "TYPE1": typeName(e.Up),
			"TYPE2": typeName(e.SharedGate), "TYPE3": typeName(e.SharedUp),
			"RAGGED": flag(x.Dim(0)%32 != 0), "LANES": strconv.Itoa(lanes), "ROW_GROUPS": strconv.Itoa(rowGroups),
		},
		bind: []*ops.Tensor{dst, x, choice, e.Gate, e.Up, e.SharedGate, e.SharedUp},
		params: slices.Concat(
			matrixParams(e.Gate), matrixParams(e.Up), matrixParams(e.SharedGate), matrixParams(e.SharedUp),
			words(packingOf(e.Gate).stride, packingOf(e.Up).stride, choice.Dim(0)/ops.ChoiceWords,
				dst.First/4, x.First/4, choice.First/ops.ChoiceWords)),
		grid: grid2D(ceilDiv(dst.Dim(0)/4, rowGroups)),
	})
}
