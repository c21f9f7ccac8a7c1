package llama4

import (
	"context"

	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// network is the layers and what they write to.
type network struct {
	*family
	options      model.Options
	layers       []layer
	ropeDivisors *ops.Tensor // F32 [ropeDims/2], nil for none: what each pair's frequency is divided by
	ropeTable    *ops.Tensor // F32 [ropeDims, chunk]: cos, sin of each pair
	scratch      scratch
}

// scratch is what one layer hands to the next op. Layers take turns with it.
type scratch struct {
	norm  *ops.Tensor // [hidden, n]
	qkv   *ops.Tensor // [(numHeads + 2·numKVHeads)·headDim, n]
	attn  *ops.Tensor // [numHeads·headDim, n]
	dense denseScratch
	moe   moeScratch
}

// Prepare makes the RoPE table and the scratch tensors.
func (n *network) Prepare(ctx context.Context, a *model.Arena, o model.Options) (warnings []string, err error) {
	c := n.config
	n.options = o
	n.scratch = scratch{
		norm: a.F32("norm", c.HiddenSize, o.BatchSize),
		qkv:  a.F32("qkv", (c.NumHeads+2*c.NumKVHeads)*c.HeadDim, o.BatchSize),
		attn: a.F32("attn", c.NumHeads*c.HeadDim, o.BatchSize),
	}
	if n.hasDense() {
		n.scratch.dense = newDenseScratch(a, n.denseWidth, o.BatchSize)
	}
	if n.hasMoE() {
		n.scratch.moe = newMoEScratch(a, n.family, n.NumExpertsUsed(o), o)
	}
	return n.prepareRope(ctx, a, o.Context)
}

// Layer calls nine ops for one token, eight where it is dense.
func (n *network) Layer(o ops.Ops, i int, x, step *ops.Tensor, cache *kvcache.Cache) {
	l, s := n.layers[i], n.scratch.rows(x.Dim(1))
	n.attentionAndNorm(o, i, s, x, step, cache)
	if l.moe != nil {
		l.moe.feedForward(o, s, x)
	} else {
		l.dense.feedForward(o, s, x)
	}
}

// begin is what comes before a layer's feed-forward, its norm included.
func (n *network) attentionAndNorm(o ops.Ops, i int, s scratch, x, step *ops.Tensor, cache *kvcache.Cache) {
	l := n.layers[i]
	n.attention(o, l, s, x, step, cache.Layers[i])
	o.RMSNorm(s.norm, x, l.ffnNorm, n.config.Epsilon)
}

// attention adds to x what the layer attends to (§2.2).
func (n *network) attention(o ops.Ops, l layer, s scratch, x, step *ops.Tensor, kv kvcache.Layer) {
	o.RMSNorm(s.norm, x, l.attnNorm, n.config.Epsilon)
	model.Multiply(o, ops.Product{Dst: s.qkv, X: s.norm, W: []*ops.Tensor{l.q, l.k, l.v}})
	o.RopeKV(n.rope(l, ops.RopeKV{QKV: s.qkv, K: kv.K, V: kv.V, Step: step, NumHeads: n.config.NumHeads}))
	model.Attend(o, ops.Attention{Dst: s.attn, QKV: s.qkv, K: kv.K, V: kv.V, Step: step, NumHeads: n.config.NumHeads, Window: kv.Window})
	model.Multiply(o, ops.Product{Dst: x, X: s.attn, W: []*ops.Tensor{l.attnOutput}, Add: true})
}

// position says what queries and keys learn of their position: in rotating layers the angle, and then their length is
// taken away; in the others queries grow sharper with distance, against attention's fading.
func (n *network) rope(l layer, r ops.RopeKV) ops.RopeKV {
	switch {
	case l.rotates && n.qkNorm:
		r.Table, r.QKNorm = n.ropeTable, n.config.Epsilon
	case l.rotates:
		r.Table = n.ropeTable
	case !n.options.NoTemperature:
		r.TempScale, r.TempFloor = float32(n.tempScale), n.tempFloor
	}
	return r
}

// rows are views of the first n tokens.
func (s scratch) rows(n int) scratch {
	return scratch{s.norm.Rows(0, n), s.qkv.Rows(0, n), s.attn.Rows(0, n), s.dense.rows(n), s.moe.rows(n)}
}
