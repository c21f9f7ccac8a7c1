package gpu

import (
	"slices"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatIDVec dispatches mul_mat_id_vec: as MulMatVec, with rows as long as those of all choices and of the shared
// expert together.
func (b *Backend) MulMatIDVec(dst, h, choice *ops.Tensor, e ops.Experts) {
	ops.CheckMulMatIDVec(dst, h, choice, e)
	width, sharedWidth := e.Down.Dim(0), e.SharedDown.Dim(0)
	lanes, rowGroups := b.lanesFor(max(width, sharedWidth))
	b.dispatch(dispatch{
		op: "mul_mat_id_vec",
		defines: map[string]string{
			"TYPE0": typeName(e.Down), "TYPE1": typeName(e.SharedDown),
			"RAGGED": flag(width%32 != 0 || sharedWidth%32 != 0),
			"LANES":  strconv.Itoa(lanes), "ROW_GROUPS": strconv.Itoa(rowGroups),
		},
		bind: []*ops.Tensor{dst, h, choice, e.Down, e.SharedDown},
		params: slices.Concat(matrixParams(e.Down), matrixParams(e.SharedDown),
			words(packingOf(e.Down).stride, choice.Dim(0)/ops.ChoiceWords,
				dst.First/4, h.First/4, choice.First/ops.ChoiceWords)),
		grid: grid2D(ceilDiv(dst.Dim(0)/4, rowGroups)),
	})
}
