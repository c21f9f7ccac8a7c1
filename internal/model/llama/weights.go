package llama

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// layer is the weights of one layer; shapes [hidden, rows].
type layer struct {
	attnNorm   *ops.Tensor // [hidden]
	q, k, v    *ops.Tensor // [hidden, numHeads·headDim], and twice [hidden, numKVHeads·headDim]
	attnOutput *ops.Tensor // [numHeads·headDim, hidden]
	ffnNorm    *ops.Tensor // [hidden]
	gate, up   *ops.Tensor // [hidden, feedForwardWidth]
	down       *ops.Tensor // [feedForwardWidth, hidden]
}

// Bind takes the weights of the layers from w.
func (f *family) Bind(w *model.Weights) model.Network {
	n := &network{family: f, layers: make([]layer, f.config.NumLayers)}
	if w.Has("rope_freqs.weight") {
		n.ropeDivisors = w.Vector("rope_freqs.weight", f.ropeDims/2)
	}
	for i := range n.layers {
		n.layers[i] = f.bindLayer(w, fmt.Sprintf("blk.%d.", i))
	}
	return n
}

// bindLayer takes the weights of one layer from w.
func (f *family) bindLayer(w *model.Weights, prefix string) layer {
	c := f.config
	matrix := func(name string, hidden, rows int) *ops.Tensor { return w.Matrix(prefix+name+".weight", hidden, rows) }
	return layer{
		attnNorm:   w.Vector(prefix+"attn_norm.weight", c.HiddenSize),
		q:          matrix("attn_q", c.HiddenSize, c.NumHeads*c.HeadDim),
		k:          matrix("attn_k", c.HiddenSize, c.NumKVHeads*c.HeadDim),
		v:          matrix("attn_v", c.HiddenSize, c.NumKVHeads*c.HeadDim),
		attnOutput: matrix("attn_output", c.NumHeads*c.HeadDim, c.HiddenSize),
		ffnNorm:    w.Vector(prefix+"ffn_norm.weight", c.HiddenSize),
		gate:       matrix("ffn_gate", c.HiddenSize, f.feedForwardWidth),
		up:         matrix("ffn_up", c.HiddenSize, f.feedForwardWidth),
		down:       matrix("ffn_down", f.feedForwardWidth, c.HiddenSize),
	}
}
