package gpu

import (
	"math"
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// tileRows is the largest number of query rows, each one head of one token, that a workgroup computes together; a row
// takes 1 KiB of workgroup memory.
const tileRows = 8

// Attention dispatches attention, a workgroup for each tile of tokens and of the query heads that share a key head.
func (b *Backend) Attention(a ops.Attention) {
	ops.CheckAttention("attention", a)
	checkHeadDim("attention", a.K)
	heads, headTiles := headTile(a)
	tokens, n, numKVHeads := tileRows/heads, a.QKV.Dim(1), a.K.Dim(2)
	defines := attentionDefines(a, heads*tokens, b.attentionLanes(a))
	defines["HEADS"], defines["TOKENS"] = strconv.Itoa(heads), strconv.Itoa(tokens)
	defines["ALL"] = flag(a.All)
	b.dispatch(dispatch{
		op:      "attention",
		defines: defines,
		bind:    []*ops.Tensor{a.Dst, a.QKV, a.K, a.V, a.Step},
		params: append(words(a.Dst.First/4, a.QKV.First/4, a.Step.First, a.K.Dim(1), a.Window, n,
			a.NumHeads, a.NumHeads+2*numKVHeads, headTiles), scoreScale(a)),
		grid: [3]int{headTiles * numKVHeads, ceilDiv(n, tokens), 1},
	})
}

// headTile returns how many of the query heads that share a key head a workgroup computes, and how many such tiles
// there are for a key head.
func headTile(a ops.Attention) (heads, tiles int) {
	shared := a.NumHeads / a.K.Dim(2)
	heads = min(shared, tileRows)
	for shared%heads != 0 {
		heads--
	}
	return heads, shared / heads
}

// attentionLanes returns the size of a workgroup. Where barriers are slow it has only as many lanes as the elements
// of a head need, and at least 16.
func (b *Backend) attentionLanes(a ops.Attention) int {
	if b.kind.SlowBarriers {
		return max(16, a.K.Dim(0)/4)
	}
	return 64
}

func attentionDefines(a ops.Attention, rows, lanes int) map[string]string {
	return map[string]string{
		"CACHE":    typeName(a.K),
		"HEAD_DIM": strconv.Itoa(a.K.Dim(0)),
		"ROWS":     strconv.Itoa(rows),
		"LANES":    strconv.Itoa(lanes),
	}
}

// scoreScale returns 1 / √headDim as a word of Params.
func scoreScale(a ops.Attention) uint32 {
	return f32bits(float32(1 / math.Sqrt(float64(a.K.Dim(0)))))
}
