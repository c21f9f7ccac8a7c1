package gpu

import "github.com/outrider-web/outrider/internal/ops"

// maxSplits bounds the work of putting splits together.
const maxSplits = 32

// AttentionVec: tiles of the query heads that share a key head, times splits of the positions. There are as many splits
// as the longest context has blocks, within reason; splits that get no positions return at once.
func (b *Backend) AttentionVec(a ops.Attention) {
	ops.CheckAttention("attention_vec", a)
	checkHeadDim("attention_vec", a.K)
	heads, headTiles := headTile(a)
	lanes := b.attentionLanes(a)
	splits := min(ceilDiv(visible(a), 4*lanes), maxSplits)
	if b.traits.slowBarriers {
		splits = 1 // a workgroup costs more than it brings
	}
	defines := attentionDefines(a, heads, lanes)
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
		params: append(words(dst.First/4, a.QKV.First/4, a.Step.First, a.K.Dim(1), a.Window, splits, headTiles),
			scoreScale(a)),
		grid: [3]int{splits, headTiles * a.K.Dim(2), 1},
	})
	if splits > 1 {
		b.mergeSplits(a, dst, splits, 4*lanes)
	}
}

// mergeSplits is the second dispatch: one workgroup a head.
func (b *Backend) mergeSplits(a ops.Attention, sums *ops.Tensor, splits, block int) {
	b.dispatch(dispatch{
		op:     "attention_vec_merge",
		bind:   []*ops.Tensor{a.Dst, sums, a.Step},
		params: words(a.Dst.First/4, a.Step.First, a.Window, splits, a.K.Dim(0)/4, block),
		grid:   [3]int{a.NumHeads, 1, 1},
	})
}

// visible is the most positions a query can see.
func visible(a ops.Attention) int {
	if slots := a.K.Dim(1); a.Window == 0 || a.Window > slots {
		return slots
	}
	return a.Window
}
