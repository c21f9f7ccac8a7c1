package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// towerWeights are a tower's; shapes [in, out].
type encoderWeights struct {
	patch     *ops.Tensor // [3·patch², hidden]
	class     *ops.Tensor // [hidden]
	position  *ops.Tensor // [hidden, patches + 1], the class token's row last
	before    norm
	after     norm
	blocks    []block
	adapter   [2]*ops.Tensor // [shuffle²·hidden, a], [a, b]; both widths are the file's
	projector *ops.Tensor    // [b, width]
}

// block is the weights of one block.
type block struct {
	norm1, norm2 norm
	q, k, v, out affine // [hidden, hidden]
	up           affine // [hidden, feedForwardWidth]
	down         affine // [feedForwardWidth, hidden]
}

// norm is a LayerNorm: w, b [width].
type norm struct{ w, b *ops.Tensor }

// affine is a matrix with a bias [out].
type affine struct{ w, b *ops.Tensor }

// Bind takes the tower's weights.
func (t *visionEncoder) Bind(w *model.Weights) model.VisionNetwork {
	e := &encoder{visionEncoder: t, w: encoderWeights{
		patch:    w.Matrix("v.patch_embd.weight", 3*t.patch*t.patch, t.hidden),
		class:    w.Vector("v.class_embd", t.hidden),
		position: w.Table("v.position_embd.weight", t.hidden, t.patches()+1),
		before:   t.bindNorm(w, "v.pre_ln"),
		after:    t.bindNorm(w, "v.post_ln"),
		blocks:   make([]block, t.numBlocks),
	}}
	for i := range e.w.blocks {
		e.w.blocks[i] = t.bindBlock(w, fmt.Sprintf("v.blk.%d.", i))
	}
	first := w.Matrix("mm.model.mlp.1.weight", t.shuffle*t.shuffle*t.hidden, 0)
	second := w.Matrix("mm.model.mlp.2.weight", first.Dim(1), 0)
	e.w.adapter = [2]*ops.Tensor{first, second}
	e.w.projector = w.Matrix("mm.model.fc.weight", second.Dim(1), t.width)
	return e
}

func (t *visionEncoder) bindBlock(w *model.Weights, prefix string) block {
	bind := func(name string, in, out int) affine {
		return affine{w.Matrix(prefix+name+".weight", in, out), w.Vector(prefix+name+".bias", out)}
	}
	return block{
		norm1: t.bindNorm(w, prefix+"ln1"),
		norm2: t.bindNorm(w, prefix+"ln2"),
		q:     bind("attn_q", t.hidden, t.hidden),
		k:     bind("attn_k", t.hidden, t.hidden),
		v:     bind("attn_v", t.hidden, t.hidden),
		out:   bind("attn_out", t.hidden, t.hidden),
		up:    bind("ffn_up", t.hidden, t.feedForwardWidth),
		down:  bind("ffn_down", t.feedForwardWidth, t.hidden),
	}
}

func (t *visionEncoder) bindNorm(w *model.Weights, name string) norm {
	return norm{w.Vector(name+".weight", t.hidden), w.Vector(name+".bias", t.hidden)}
}
