package llama

import (
	"context"

	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// network is the layers of a model with the tensors that they write to.
type network struct {
	*family
	layers       []layer
	ropeDivisors *ops.Tensor // F32 [ropeDims/2], nil for none: what each pair's frequency is divided by
	ropeTable    *ops.Tensor // F32 [ropeDims, context]: cos, sin of each pair
	scratch      scratch
}

// scratch is the tensors between the ops of a layer. All layers use the same ones.
type scratch struct {
	norm   *ops.Tensor // [hidden, n]
	qkv    *ops.Tensor // [(numHeads + 2·numKVHeads)·headDim, n]
	attn   *ops.Tensor // [numHeads·headDim, n]
	gateUp *ops.Tensor // [2·feedForwardWidth, n], used when n > 1
	ffn    *ops.Tensor // [feedForwardWidth, n]
}

// Prepare makes the RoPE table and the scratch tensors.
func (n *network) Prepare(ctx context.Context, a *model.Arena, o model.Options) (warnings []string, err error) {
	c := n.config
	divisors, err := model.ReadBack(ctx, a.Backend, n.ropeDivisors)
	if err != nil {
		return nil, err
	}
	n.ropeTable = a.Floats("rope", model.RopeTable(n.ropeFrequencies(divisors), o.Context), n.ropeDims, o.Context)
	n.scratch = scratch{
		norm:   a.F32("norm", c.HiddenSize, o.BatchSize),
		qkv:    a.F32("qkv", (c.NumHeads+2*c.NumKVHeads)*c.HeadDim, o.BatchSize),
		attn:   a.F32("attn", c.NumHeads*c.HeadDim, o.BatchSize),
		gateUp: a.F32("gate_up", 2*n.feedForwardWidth, o.BatchSize),
		ffn:    a.F32("ffn", n.feedForwardWidth, o.BatchSize),
	}
	return nil, nil
}

// ropeFrequencies returns the frequency of each pair in radians per position, with linear scaling.
func (f *family) ropeFrequencies(divisors []float32) []float64 {
	frequencies := model.RopeFrequencies(f.ropeDims, f.ropeBase, divisors)
	for k := range frequencies {
		frequencies[k] /= f.ropeScale
	}
	return frequencies
}

// Layer calls eight ops for one token, nine for several.
func (n *network) Layer(o ops.Ops, i int, x, step *ops.Tensor, cache *kvcache.Cache) {
	l, s := n.layers[i], n.scratch.rows(x.Dim(1))
	n.attention(o, l, s, x, step, cache.Layers[i])
	n.feedForward(o, l, s, x)
}

// attention adds the attention of a layer to x.
func (n *network) attention(o ops.Ops, l layer, s scratch, x, step *ops.Tensor, kv kvcache.Layer) {
	o.RMSNorm(s.norm, x, l.attnNorm, n.config.Epsilon)
	model.Multiply(o, ops.Product{Dst: s.qkv, X: s.norm, W: []*ops.Tensor{l.q, l.k, l.v}})
	o.RopeKV(ops.RopeKV{QKV: s.qkv, K: kv.K, V: kv.V, Step: step, Table: n.ropeTable, NumHeads: n.config.NumHeads})
	model.Attend(o, ops.Attention{Dst: s.attn, QKV: s.qkv, K: kv.K, V: kv.V, Step: step,
		NumHeads: n.config.NumHeads, Window: kv.Window})
	model.Multiply(o, ops.Product{Dst: x, X: s.attn, W: []*ops.Tensor{l.attnOutput}, Add: true})
}

// feedForward adds the gated feed-forward of a layer to x.
func (n *network) feedForward(o ops.Ops, l layer, s scratch, x *ops.Tensor) {
	o.RMSNorm(s.norm, x, l.ffnNorm, n.config.Epsilon)
	if x.Dim(1) == 1 {
		o.SwigluVec(s.ffn, s.norm, l.gate, l.up)
	} else {
		o.MulMat(ops.Product{Dst: s.gateUp, X: s.norm, W: []*ops.Tensor{l.gate, l.up}})
		o.Swiglu(s.ffn, s.gateUp)
	}
	model.Multiply(o, ops.Product{Dst: x, X: s.ffn, W: []*ops.Tensor{l.down}, Add: true})
}

// rows returns views of the first n tokens.
func (s scratch) rows(n int) scratch {
	return scratch{s.norm.Rows(0, n), s.qkv.Rows(0, n), s.attn.Rows(0, n), s.gateUp.Rows(0, n), s.ffn.Rows(0, n)}
}
