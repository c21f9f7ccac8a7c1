package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// mulMatRows is how many rows of one matrix a workgroup computes, TILE_ROWS in WGSL.
const mulMatRows = 32

// fewTokens is the largest number of tokens for which tiles are not worth their cost.
const fewTokens = 8

// MulMat dispatches one of two kernels. mul_mat shares tiles of weights and activations in workgroup memory.
// mul_mat_few keeps the sums of some tokens in each lane; it is for few tokens, which would leave tiles mostly empty,
// and for CPUs.
func (b *Backend) MulMat(p ops.Product) {
	ops.CheckProduct("mul_mat", p)
	if b.kind.CPU || p.X.Dim(1) <= fewTokens {
		b.mulMatFew(p)
		return
	}
	b.mulMatTiles(p)
}

// mulMatTiles dispatches mul_mat, a workgroup for each tile of rows of one matrix by tokens.
func (b *Backend) mulMatTiles(p ops.Product) {
	n := p.X.Dim(1)
	laneTokens := min(ceilDiv(n, 8), 4)
	defines := productDefines(p)
	defines["LANE_TOKENS"] = strconv.Itoa(laneTokens)
	rowTiles := 0
	for _, w := range p.W {
		rowTiles += ceilDiv(w.Dim(1), mulMatRows)
	}
	b.dispatch(dispatch{
		op:      "mul_mat",
		defines: defines,
		bind:    productBind(p),
		params:  append(productParams(p), uint32(n)),
		grid:    [3]int{ceilDiv(n, 8*laneTokens), rowTiles, 1},
	})
}

// mulMatFew dispatches mul_mat_few: row groups as in MulMatVec, times up to 8 tokens at once; 16 where a lane
// computes a row group alone, which takes no workgroup memory.
func (b *Backend) mulMatFew(p ops.Product) {
	n, maxColumns := p.X.Dim(1), 8
	if b.kind.SlowBarriers {
		maxColumns = 16
	}
	columns := 1
	for columns < min(n, maxColumns) {
		columns *= 2
	}
	lanes, rowGroups := b.lanesFor(p.X.Dim(0))
	defines := productDefines(p)
	defines["LANES"], defines["ROW_GROUPS"] = strconv.Itoa(lanes), strconv.Itoa(rowGroups)
	defines["COLUMNS"] = strconv.Itoa(columns)
	b.dispatch(dispatch{
		op:      "mul_mat_few",
		defines: defines,
		bind:    productBind(p),
		params:  append(productParams(p), uint32(n)),
		grid:    [3]int{ceilDiv(p.Dst.Dim(0)/4, rowGroups), ceilDiv(n, columns), 1},
	})
}
