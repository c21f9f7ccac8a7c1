package gpu

import "github.com/outrider-web/outrider/internal/ops"

// maxSplits bounds the work of merging splits.
const maxSplits = 32

// AttentionVec dispatches attention_vec, a workgroup for each tile of the query heads that share a key head and each
// split of the positions. There are as many splits as the longest context has blocks, up to maxSplits; a split
// without positions returns at once. With more than one split, attention_vec_merge follows.
func (b *Backend) AttentionVec(a ops.Attention) {
	ops.CheckAttention("attention_vec", a)
	checkHeadDim("attention_vec", a.K)
	heads, headTiles := headTile(a)
	lanes := b.attentionLanes(a)
	splits := min(ceilDiv(maxVisible(a), 4*lanes), maxSplits)
	if b.kind.SlowBarriers {
		splits = 1 // a workgroup costs more than it saves
	}
	defines := attentionDefines(a, heads, lanes)
	defines["MERGE"] = flag(splits > 1)
	dst := a.Dst
	if splits > 1 {
		// [headDim + 4, splits, numHeads]: for each split the sum of weighted values, then one vec4 with the maximum score
		// and the sum of weights
		if dst = b.intermediate("attention_vec", a.K.Dim(0)+4, splits, a.NumHeads); dst == nil {
			return
		}
	}
	b.dispatch(dispatch{
		op:      "attention_vec",
		defines: defines,
		bind:    []*ops.Tensor{dst, a.QKV, a.K, a.V, a.Step},
		params: append(words(dst.First/4, a.QKV.First/4, a.Step.First, a.K.Dim(1), a.Window, splits, headTiles),
			scoreScale(a)),
		grid: [3]int{splits, headTiles * a.K.Dim(2), 1},
	})
	if splits > 1 {
		b.mergeSplits(a, dst, splits, 4*lanes)
	}
}

// mergeSplits dispatches attention_vec_merge, a workgroup for each head; block is the number of positions in a block.
func (b *Backend) mergeSplits(a ops.Attention, sums *ops.Tensor, splits, block int) {
	b.dispatch(dispatch{
		op:     "attention_vec_merge",
		bind:   []*ops.Tensor{a.Dst, sums, a.Step},
		params: words(a.Dst.First/4, a.Step.First, a.Window, splits, a.K.Dim(0)/4, block),
		grid:   [3]int{a.NumHeads, 1, 1},
	})
}

// maxVisible returns the largest number of positions that a query can attend to.
func maxVisible(a ops.Attention) int {
	if slots := a.K.Dim(1); a.Window == 0 || a.Window > slots {
		return slots
	}
	return a.Window
}
