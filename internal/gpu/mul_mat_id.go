package gpu

import (
	"slices"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatID: tiles as in MulMat, of one expert each. Lists fill as many tiles as choices do, and each expert's last may be
// started for nothing: that is the grid.
func (b *Backend) MulMatID(p ops.ProductID) {
	ops.CheckMulMatID(p)
	numChoices := p.Dst.Dim(1)
	numExperts := p.Groups.Shape.Elems() - 1 - numChoices
	laneTokens := 1
	for laneTokens < 4 && 8*laneTokens*numExperts < numChoices {
		laneTokens *= 2
	}
	rowTiles := 0
	for _, w := range p.W {
		rowTiles += ceilDiv(w.Dim(1), mulMatRows)
	}
	b.dispatch(dispatch{
		op: "mul_mat_id",
		defines: map[string]string{
			"TYPE0": typeName(p.W[0]), "TYPE1": secondType(p.W), "RAGGED": flag(p.X.Dim(0)%32 != 0),
			"WEIGHED": flag(!p.PerChoice), "LANE_TOKENS": strconv.Itoa(laneTokens),
		},
		bind:   append([]*ops.Tensor{p.Dst, p.X, p.Choice, p.Groups}, p.W...),
		params: productIDParams(p, numExperts),
		grid:   [3]int{numChoices/(8*laneTokens) + min(numExperts, numChoices), rowTiles, 1},
	})
}

// secondType is the type of the second matrix, nothing where there is none.
func secondType(w []*ops.Tensor) string {
	if len(w) < 2 {
		return ""
	}
	return typeName(w[1])
}

// productIDParams is two Matrix structs and their strides, zeros for one that is not there, then numbers.
func productIDParams(p ops.ProductID, numExperts int) []uint32 {
	matrices, strides := make([]uint32, 8), make([]uint32, 2)
	for i, w := range p.W {
		copy(matrices[4*i:], matrixParams(w))
		strides[i] = uint32(packingOf(w).stride)
	}
	choicesPerVector := p.Choice.Dim(0) / 2
	if p.PerChoice {
		choicesPerVector = 1
	}
	return slices.Concat(matrices, strides, words(numExperts, choicesPerVector,
		p.Dst.First/4, p.X.First/4, p.Choice.First/2, p.Groups.First))
}
