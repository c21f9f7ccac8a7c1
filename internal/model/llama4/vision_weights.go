package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// visionWeights are the weights of a vision encoder; shapes [in, out].
type visionWeights struct {
	patch     *ops.Tensor // [3·patch², hidden]
	class     *ops.Tensor // [hidden]
	position  *ops.Tensor // [hidden, patches + 1], the class token's row last
	preNorm   norm
	postNorm  norm
	blocks    []block
	adapter   [2]*ops.Tensor // [shuffle²·hidden, a], [a, b]; a and b follow from the file
	projector *ops.Tensor    // [b, width]
}

// block is the weights of one transformer block.
type block struct {
	norm1, norm2 norm
	q, k, v, out linear // [hidden, hidden]
	up           linear // [hidden, feedForwardWidth]
	down         linear // [feedForwardWidth, hidden]
}

// norm is the weights of a LayerNorm: w, b [width].
type norm struct{ w, b *ops.Tensor }

// linear is the weights of a linear map: a matrix w [in, out] and a bias b [out].
type linear struct{ w, b *ops.Tensor }

// Bind takes the weights of the encoder from w.
func (v *visionEncoder) Bind(w *model.Weights) model.VisionNetwork {
	n := &visionNetwork{visionEncoder: v, weights: visionWeights{
		patch:    w.Matrix("v.patch_embd.weight", 3*v.patchSize*v.patchSize, v.hiddenSize),
		class:    w.Vector("v.class_embd", v.hiddenSize),
		position: w.Table("v.position_embd.weight", v.hiddenSize, v.patches()+1),
		preNorm:  v.bindNorm(w, "v.pre_ln"),
		postNorm: v.bindNorm(w, "v.post_ln"),
		blocks:   make([]block, v.numBlocks),
	}}
	for i := range n.weights.blocks {
		n.weights.blocks[i] = v.bindBlock(w, fmt.Sprintf("v.blk.%d.", i))
	}
	first := w.Matrix("mm.model.mlp.1.weight", v.shuffleSize*v.shuffleSize*v.hiddenSize, 0)
	second := w.Matrix("mm.model.mlp.2.weight", first.Dim(1), 0)
	n.weights.adapter = [2]*ops.Tensor{first, second}
	n.weights.projector = w.Matrix("mm.model.fc.weight", second.Dim(1), v.width)
	return n
}

// bindBlock takes the weights of one block from w.
func (v *visionEncoder) bindBlock(w *model.Weights, prefix string) block {
	bind := func(name string, in, out int) linear {
		return linear{w.Matrix(prefix+name+".weight", in, out), w.Vector(prefix+name+".bias", out)}
	}
	return block{
		norm1: v.bindNorm(w, prefix+"ln1"),
		norm2: v.bindNorm(w, prefix+secondNorm(w, prefix)),
		q:     bind("attn_q", v.hiddenSize, v.hiddenSize),
		k:     bind("attn_k", v.hiddenSize, v.hiddenSize),
		v:     bind("attn_v", v.hiddenSize, v.hiddenSize),
		out:   bind("attn_out", v.hiddenSize, v.hiddenSize),
		up:    bind("ffn_up", v.hiddenSize, v.feedForwardWidth),
		down:  bind("ffn_down", v.feedForwardWidth, v.hiddenSize),
	}
}

// secondNorm returns the name of a block's second norm. llama.cpp's converter wrote it as ln2; since it names the
// tensors of all vision encoders alike, it writes attn_post_norm, the norm after the attention.
func secondNorm(w *model.Weights, prefix string) string {
	if w.Has(prefix + "attn_post_norm.weight") {
		return "attn_post_norm"
	}
	return "ln2"
}

// bindNorm takes the weights of a LayerNorm from w.
func (v *visionEncoder) bindNorm(w *model.Weights, name string) norm {
	return norm{w.Vector(name+".weight", v.hiddenSize), w.Vector(name+".bias", v.hiddenSize)}
}
