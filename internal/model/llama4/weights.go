package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// layer is the weights of one layer; shapes [hidden, rows]. Either dense or moe is nil.
type layer struct {
	rotates    bool        // whether it has RoPE and chunked attention; otherwise it is a NoPE layer
	attnNorm   *ops.Tensor // [hidden]
	q, k, v    *ops.Tensor // [hidden, numHeads·headDim], and twice [hidden, numKVHeads·headDim]; rows not permuted
	attnOutput *ops.Tensor // [numHeads·headDim, hidden]
	ffnNorm    *ops.Tensor // [hidden]
	dense      *dense
	moe        *moe
}

// dense is the weights of an ordinary gated feed-forward.
type dense struct {
	gate, up *ops.Tensor // [hidden, width]
	down     *ops.Tensor // [width, hidden]
}

// moe is the weights of a mixture of experts: the router, the routed experts, and the shared expert.
type moe struct {
	moeIndex int         // index of the layer among those that are mixtures of experts
	router   *ops.Tensor // [hidden, numExperts]
	ops.Experts
}

// Bind takes the weights of the layers from w.
func (f *family) Bind(w *model.Weights) model.Network {
	n := &network{family: f, layers: make([]layer, f.config.NumLayers)}
	if w.Has("rope_freqs.weight") {
		n.ropeDivisors = w.Vector("rope_freqs.weight", f.ropeDims/2)
	}
	for i := range n.layers {
		n.layers[i] = f.bindLayer(w, i)
	}
	return n
}

// bindLayer takes the weights of layer i from w.
func (f *family) bindLayer(w *model.Weights, i int) layer {
	c, prefix := f.config, fmt.Sprintf("blk.%d.", i)
	matrix := func(name string, in, out int) *ops.Tensor { return w.Matrix(prefix+name+".weight", in, out) }
	l := layer{
		rotates:    f.rotates(i),
		attnNorm:   w.Vector(prefix+"attn_norm.weight", c.HiddenSize),
		q:          matrix("attn_q", c.HiddenSize, c.NumHeads*c.HeadDim),
		k:          matrix("attn_k", c.HiddenSize, c.NumKVHeads*c.HeadDim),
		v:          matrix("attn_v", c.HiddenSize, c.NumKVHeads*c.HeadDim),
		attnOutput: matrix("attn_output", c.NumHeads*c.HeadDim, c.HiddenSize),
		ffnNorm:    w.Vector(prefix+"ffn_norm.weight", c.HiddenSize),
	}
	if f.isMoE(i) {
		l.moe = f.bindMoE(w, prefix, (i+1)/f.moeInterval-1)
	} else {
		l.dense = &dense{
			gate: matrix("ffn_gate", c.HiddenSize, f.denseWidth),
			up:   matrix("ffn_up", c.HiddenSize, f.denseWidth),
			down: matrix("ffn_down", f.denseWidth, c.HiddenSize),
		}
	}
	return l
}

// bindMoE takes the weights of a mixture of experts from w.
func (f *family) bindMoE(w *model.Weights, prefix string, moeIndex int) *moe {
	hidden, width := f.config.HiddenSize, f.expertWidth
	stack := func(name string, in, out int) *ops.Tensor {
		return w.Stack(prefix+name+".weight", in, out, f.numExperts)
	}
	matrix := func(name string, in, out int) *ops.Tensor { return w.Matrix(prefix+name+".weight", in, out) }
	return &moe{
		moeIndex: moeIndex,
		router:   w.F32(prefix+"ffn_gate_inp.weight", hidden, f.numExperts),
		Experts: ops.Experts{
			Gate:       stack("ffn_gate_exps", hidden, width),
			Up:         stack("ffn_up_exps", hidden, width),
			Down:       stack("ffn_down_exps", width, hidden),
			SharedGate: matrix("ffn_gate_shexp", hidden, width),
			SharedUp:   matrix("ffn_up_shexp", hidden, width),
			SharedDown: matrix("ffn_down_shexp", width, hidden),
		},
	}
}
