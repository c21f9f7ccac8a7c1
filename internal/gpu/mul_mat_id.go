package gpu

import (
	"slices"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// MulMatID has two kernels, as MulMat has: tiles, and lanes that keep some choices to themselves where lists are short,
// as far as one can tell without knowing them, and on CPUs.
func (b *Backend) MulMatID(p ops.ProductID) {
	ops.CheckMulMatID(p)
	if b.traits.cpu || p.Dst.Dim(1) <= fewTokens*numExperts(p) {
		b.mulMatIDFew(p)
		return
	}
	b.mulMatIDTiles(p)
}

// mulMatIDTiles: tiles as in MulMat, of one expert each.
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
		grid: [3]int{mostPieces(p, 8*laneTokens), rowTiles, 1},
	})
}

// mulMatIDFew: teams as in MulMatVec, times choices of an expert by as many as it has on average, up to 8, or 16 where
// there is no room in workgroup memory to be paid for.
func (b *Backend) mulMatIDFew(p ops.ProductID) {
	most := fewTokens
	if b.traits.slowBarriers {
		most = 16
	}
	columns := 1
	for columns < most && columns*numExperts(p) < p.Dst.Dim(1) {
		columns *= 2
	}
	lanes, teams := b.teamsFor(p.X.Dim(0))
	defines := productIDDefines(p)
	defines["LANES"], defines["TEAMS"] = strconv.Itoa(lanes), strconv.Itoa(teams)
	defines["COLUMNS"] = strconv.Itoa(columns)
	b.dispatch(dispatch{
		op: "mul_mat_id_few", defines: defines, bind: productIDBind(p), params: productIDParams(p),
		grid: [3]int{ceilDiv(p.Dst.Dim(0)/4, teams), mostPieces(p, columns), 1},
	})
}

// mostPieces is into how many pieces of a length lists of choices can fall: as many as the choices fill, and for each
// expert one that is not full.
func mostPieces(p ops.ProductID, length int) int {
	n := p.Dst.Dim(1)
	return n/length + min(numExperts(p), n)
}

func numExperts(p ops.ProductID) int { return p.Groups.Shape.Elems() - 1 - p.Dst.Dim(1) }

// productIDDefines names the variant: the type of each matrix, and whether weights scale.
func productIDDefines(p ops.ProductID) map[string]string {
	d := map[string]string{
		"TYPE0": typeName(p.W[0]), "TYPE1": "", "RAGGED": flag(p.X.Dim(0)%32 != 0), "WEIGHED": flag(!p.PerChoice),
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

// productIDParams is two Matrix structs and their strides, zeros for one that is not there, then numbers.
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
