package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// mulMatRows, TILE_ROWS in its WGSL, is how many rows of one matrix a workgroup makes.
const mulMatRows = 32

// fewTokens is how many tokens make a tile worth while.
const fewTokens = 8

// MulMat has two kernels: tiles that share weights and activations in workgroup memory, and, for few tokens, which
// would leave tiles mostly empty, and on CPUs, lanes that keep some tokens to themselves.
func (b *Backend) MulMat(p ops.Product) {
	ops.CheckProduct("mul_mat", p)
	if b.traits.cpu || p.X.Dim(1) <= fewTokens {
		b.mulMatFew(p)
		return
	}
	b.mulMatTiles(p)
}

// mulMatTiles: tiles of rows of one matrix by tokens.
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

// mulMatFew: teams as in MulMatVec, times tokens by up to 8 at once, 16 where there is no room in workgroup memory to
// be paid for.
func (b *Backend) mulMatFew(p ops.Product) {
	n, most := p.X.Dim(1), 8
	if b.traits.slowBarriers {
		most = 16
	}
	columns := 1
	for columns < min(n, most) {
		columns *= 2
	}
	lanes, teams := b.teamsFor(p.X.Dim(0))
	defines := productDefines(p)
	defines["LANES"], defines["TEAMS"] = strconv.Itoa(lanes), strconv.Itoa(teams)
	defines["COLUMNS"] = strconv.Itoa(columns)
	b.dispatch(dispatch{
		op:      "mul_mat_few",
		defines: defines,
		bind:    productBind(p),
		params:  append(productParams(p), uint32(n)),
		grid:    [3]int{ceilDiv(p.Dst.Dim(0)/4, teams), ceilDiv(n, columns), 1},
	})
}
