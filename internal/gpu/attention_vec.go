package gpu

import "github.com/outrider-web/outrider/internal/ops"

// splitLen is how many positions a workgroup of attention_vec takes: SPLIT in its WGSL.
const splitLen = 256

// AttentionVec: tiles of the query heads that share a key head, times splits of the positions. The grid has room for
// the longest context; splits past the position return at once.
func (b *Backend) AttentionVec(a ops.Attention) {
	ops.CheckAttention("attention_vec", a)
	checkHeadDim("attention_vec", a.K)
	splits := ceilDiv(visible(a), splitLen)
	heads, headTiles := headTile(a)
	defines := attentionDefines(a, heads)
	defines["MERGE"] = flag(splits > 1)
	dst := a.Dst
	if splits > 1 {
		// [headDim + 4, splits, numHeads]: of each split its sum of weighted values and, in one vec4 more, the maximum
		// and the sum of its weights
		if dst = b.scratch("attention_vec", a.K.Dim(0)+4, splits, a.NumHeads); dst == nil {
			return
		}
	}
	b.dispatch(dispatch{
		op:      "attention_vec",
		defines: defines,
		bind:    []*ops.Tensor{dst, a.QKV, a.K, a.V, a.Step},
		params: append(words(dst.First/4, a.QKV.First/4, a.Step.First, a.K.Dim(1), a.Chunk, splits, headTiles),
			scoreScale(a)),
		grid: [3]int{splits, headTiles * a.K.Dim(2), 1},
	})
	if splits > 1 {
		b.mergeSplits(a, dst, splits)
	}
}

// mergeSplits is the second dispatch: one workgroup a head.
func (b *Backend) mergeSplits(a ops.Attention, sums *ops.Tensor, splits int) {
	b.dispatch(dispatch{
		op:     "attention_vec_merge",
		bind:   []*ops.Tensor{a.Dst, sums, a.Step},
		params: words(a.Dst.First/4, a.Step.First, a.Chunk, splits, a.K.Dim(0)/4),
		grid:   [3]int{a.NumHeads, 1, 1},
	})
}

// visible is the most positions a query can see.
func visible(a ops.Attention) int {
	if slots := a.K.Dim(1); a.Chunk == 0 || a.Chunk > slots {
		return slots
	}
	return a.Chunk
}
