package gpu

import (
	"slices"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatID dispatches one of two kernels, as MulMat does: mul_mat_id with tiles, or mul_mat_id_few where the experts'
// lists of choices are short on average, and on CPUs. Only the GPU knows how long each list is.
func (b *Backend) MulMatID(p ops.ProductID) {
	ops.CheckMulMatID(p)
	if b.kind.CPU || p.Dst.Dim(1) <= fewTokens*numExperts(p) {
		b.mulMatIDFew(p)
		return
	}
	b.mulMatIDTiles(p)
}

// mulMatIDTiles dispatches mul_mat_id: tiles as in MulMat, of one expert each.
func (b *Backend) mulMatIDTiles(p ops.ProductID) {
	laneTokens := 1
	for laneTokens < 4 && 8*laneTokens*numExperts(p) < p.Dst.Dim(1) {
		laneTokens *= 2
	}
	rowTiles := 0
	for _, w := range p.W {
		rowTiles += ceilDiv(w.Dim(1), mulMatRows)
	}
	defines := productIDDefines(p)
	defines["LANE_TOKENS"] = strconv.Itoa(laneTokens)
	b.dispatch(dispatch{
		op: "mul_mat_id", defines: defines, bind: productIDBind(p), params: productIDParams(p),
		grid: [3]int{maxPieces(p, 8*laneTokens), rowTiles, 1},
	})
}

// mulMatIDFew dispatches mul_mat_id_few: row groups as in MulMatVec, times as many choices as an expert has on
// average, up to 8; up to 16 where a lane computes a row group alone, which takes no workgroup memory.
func (b *Backend) mulMatIDFew(p ops.ProductID) {
	maxColumns := fewTokens
	if b.kind.SlowBarriers {
		maxColumns = 16
	}
	columns := 1
	for columns < maxColumns && columns*numExperts(p) < p.Dst.Dim(1) {
		columns *= 2
	}
	lanes, rowGroups := b.lanesFor(p.X.Dim(0))
	defines := productIDDefines(p)
	defines["LANES"], defines["ROW_GROUPS"] = strconv.Itoa(lanes), strconv.Itoa(rowGroups)
	defines["COLUMNS"] = strconv.Itoa(columns)
	b.dispatch(dispatch{
		op: "mul_mat_id_few", defines: defines, bind: productIDBind(p), params: productIDParams(p),
		grid: [3]int{ceilDiv(p.Dst.Dim(0)/4, rowGroups), maxPieces(p, columns), 1},
	})
}

// maxPieces returns the largest number of pieces of a length into which the lists of choices can be cut: as many as the
// choices fill, and for each expert one that is not full.
func maxPieces(p ops.ProductID, length int) int {
	n := p.Dst.Dim(1)
	return n/length + min(numExperts(p), n)
}

func numExperts(p ops.ProductID) int { return p.Groups.Shape.Elems() - 1 - p.Dst.Dim(1) }

// productIDDefines returns the defines of both kernels: the type of each matrix, and whether the router's weights scale
// the product.
func productIDDefines(p ops.ProductID) map[string]string {
	d := map[string]string{
		"TYPE0": typeName(p.W[0]), "TYPE1": "", "RAGGED": flag(p.X.Dim(0)%32 != 0), "WEIGHTED": flag(!p.PerChoice),
		"SLOTS": flag(p.Slots != nil),
	}
	if len(p.W) > 1 {
		d["TYPE1"] = typeName(p.W[1])
	}
	return d
}

func productIDBind(p ops.ProductID) []*ops.Tensor {
	return append(withSlots([]*ops.Tensor{p.Dst, p.X, p.Choice, p.Groups}, p.Slots), p.W...)
}

// productIDParams returns two Matrix structs and their strides, zeros where there is one matrix, then the other
// fields of Params.
func productIDParams(p ops.ProductID) []uint32 {
	matrices, strides := make([]uint32, 8), make([]uint32, 2)
	for i, w := range p.W {
		copy(matrices[4*i:], matrixParams(w))
		strides[i] = uint32(packingOf(w).stride)
	}
	choicesPerVector := p.Choice.Dim(0) / ops.ChoiceWords
	if p.PerChoice {
		choicesPerVector = 1
	}
	return slices.Concat(matrices, strides, words(numExperts(p), p.Dst.Dim(1), choicesPerVector,
		p.Dst.First/4, p.X.First/4, p.Choice.First/ops.ChoiceWords, p.Groups.First, firstSlot(p.Slots)))
}
