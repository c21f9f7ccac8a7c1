package llama4

import (
	"context"

	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// network is the layers of a model with the tensors that they write to.
type network struct {
	*family
	options      model.Options
	layers       []layer
	ropeDivisors *ops.Tensor // F32 [ropeDims/2], nil for none: what each pair's frequency is divided by
	ropeTable    *ops.Tensor // F32 [ropeDims, window]: cos, sin of each pair
	scratch      scratch
}

// scratch is the tensors between the ops of a layer. All layers use the same ones.
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

// Layer calls nine ops for one token, eight if the layer is dense.
func (n *network) Layer(o ops.Ops, i int, x, step *ops.Tensor, cache *kvcache.Cache) {
	l, s := n.layers[i], n.scratch.rows(x.Dim(1))
	n.attentionAndNorm(o, i, s, x, step, cache)
	if l.moe != nil {
		l.moe.feedForward(o, s, x)
	} else {
		l.dense.feedForward(o, s, x)
	}
}

// attentionAndNorm is the part of layer i before its feed-forward: the attention, and the norm of the feed-forward's
// input.
func (n *network) attentionAndNorm(o ops.Ops, i int, s scratch, x, step *ops.Tensor, cache *kvcache.Cache) {
	l := n.layers[i]
	n.attention(o, l, s, x, step, cache.Layers[i])
	o.RMSNorm(s.norm, x, l.ffnNorm, n.config.Epsilon)
}

// attention adds the attention of a layer to x (§2.2).
func (n *network) attention(o ops.Ops, l layer, s scratch, x, step *ops.Tensor, kv kvcache.Layer) {
	o.RMSNorm(s.norm, x, l.attnNorm, n.config.Epsilon)
	model.Multiply(o, ops.Product{Dst: s.qkv, X: s.norm, W: []*ops.Tensor{l.q, l.k, l.v}})
	n.rope(o, l, ops.RopeKV{QKV: s.qkv, K: kv.K, V: kv.V, Step: step, NumHeads: n.config.NumHeads})
	model.Attend(o, ops.Attention{Dst: s.attn, QKV: s.qkv, K: kv.K, V: kv.V, Step: step,
		NumHeads: n.config.NumHeads, Window: kv.Window})
	model.Multiply(o, ops.Product{Dst: x, X: s.attn, W: []*ops.Tensor{l.attnOutput}, Add: true})
}

// rope calls RopeKV with the options of layer l (§2.2). Layers with RoPE rotate queries and keys and, if the model has
// a query and key norm, normalise them after that. NoPE layers multiply queries by the attention temperature, which
// grows with the position: it keeps attention over long contexts from becoming flat.
func (n *network) rope(o ops.Ops, l layer, r ops.RopeKV) {
	if l.rotates {
		r.Table = n.ropeTable
		r.QKNorm = n.qkNormEpsilon()
	} else if !n.options.NoTemperature {
		r.TempScale, r.TempFloor = float32(n.tempScale), n.tempFloor
	}
	o.RopeKV(r)
}

// qkNormEpsilon returns the epsilon of the query and key norm, or 0 if the model has none.
func (n *network) qkNormEpsilon() float32 {
	if n.qkNorm {
		return n.config.Epsilon
	}
	return 0
}

// rows returns views of the first n tokens.
func (s scratch) rows(n int) scratch {
	return scratch{s.norm.Rows(0, n), s.qkv.Rows(0, n), s.attn.Rows(0, n), s.dense.rows(n), s.moe.rows(n)}
}
