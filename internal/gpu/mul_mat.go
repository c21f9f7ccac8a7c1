package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// mulMatRows, TILE_ROWS in its WGSL, is how many rows of one matrix a workgroup makes.
const mulMatRows = 32

// MulMat: tiles of rows of one matrix by tokens.
func (b *Backend) MulMat(p ops.Product) {
	ops.CheckProduct("mul_mat", p)
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
