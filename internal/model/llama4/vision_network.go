package llama4

import (
	"context"
	"math"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// visionNetwork is the layers of a vision encoder with the tensors that they write to (§3). Its tokens are the patches
// of a tile, row by row, and after them the class token, which takes part in attention but is not part of the result.
type visionNetwork struct {
	*visionEncoder
	weights  visionWeights
	position *ops.Tensor // F32 [hidden, patches + 1]: position embeddings, with the class embedding added to the last
	rope     *ops.Tensor // F32 [headDim, patches + 1]: cos, sin of each pair of elements
	step     *ops.Tensor // U32 [1, ops.StepWords]: all tokens, from 0 on
	tokens   *ops.Tensor // U32 [1, patches + 1]: 0, 1, 2, …
	order    *ops.Tensor // U32 [1, patches]: see shuffledOrder
	scratch  visionScratch
}

// visionScratch is the tensors between stages and ops; tokens = patches + 1.
type visionScratch struct {
	pixels *ops.Tensor // [3·patch², patches]
	x      *ops.Tensor // [hidden, tokens]: the residual stream
	norm   *ops.Tensor // [hidden, tokens]
	qkv    *ops.Tensor // [3·hidden, tokens]
	k, v   *ops.Tensor // [headDim, tokens, numHeads]
	attn   *ops.Tensor // [hidden, tokens]
	ffn    *ops.Tensor // [feedForwardWidth, tokens]

	shuffled *ops.Tensor    // [hidden, patches], in the order of shuffledOrder
	adapted  [2]*ops.Tensor // [a, vectors], [b, vectors]
	out      *ops.Tensor    // [width, vectors]
}

// Prepare makes the tables and the scratch tensors.
func (n *visionNetwork) Prepare(ctx context.Context, a *model.Arena) (in, out *ops.Tensor, err error) {
	tokens := n.patches() + 1
	n.rope = a.Floats("vision.rope", n.ropeTable(), n.headDim, tokens)
	n.step = a.Indices("vision.step", 0, uint32(tokens), 0, 0)
	n.tokens = a.Sequence("vision.tokens", tokens)
	n.order = a.Indices("vision.order", n.shuffledOrder()...)
	n.position = a.F32("vision.position", n.hiddenSize, tokens)
	n.scratch = n.newScratch(a)
	if a.Err() != nil {
		return nil, nil, a.Err()
	}
	return n.scratch.pixels, n.scratch.out, n.addClassEmbedding(ctx, a.Backend)
}

// newScratch makes the scratch tensors.
func (n *visionNetwork) newScratch(a *model.Arena) visionScratch {
	patches, vectors := n.patches(), n.vectors()
	tokens := patches + 1
	s := visionScratch{
		pixels:   a.F32("vision.pixels", 3*n.patchSize*n.patchSize, patches),
		x:        a.F32("vision.x", n.hiddenSize, tokens),
		norm:     a.F32("vision.norm", n.hiddenSize, tokens),
		qkv:      a.F32("vision.qkv", 3*n.hiddenSize, tokens),
		k:        a.New("vision.k", quant.F32, n.headDim, tokens, n.numHeads),
		v:        a.New("vision.v", quant.F32, n.headDim, tokens, n.numHeads),
		attn:     a.F32("vision.attn", n.hiddenSize, tokens),
		ffn:      a.F32("vision.ffn", n.feedForwardWidth, tokens),
		shuffled: a.F32("vision.shuffled", n.hiddenSize, patches),
		out:      a.F32("vision.out", n.width, vectors),
	}
	for i, w := range n.weights.adapter {
		s.adapted[i] = a.F32("vision.adapted", w.Dim(1), vectors)
	}
	return s
}

// addClassEmbedding fills the table of position embeddings and adds the class embedding to that of the class token
// (§3.2).
func (n *visionNetwork) addClassEmbedding(ctx context.Context, b ops.Backend) error {
	fill, err := b.Record("positions", func() { b.GetRows(n.position, n.weights.position, n.tokens) })
	if err != nil {
		return err
	}
	defer fill.Release()
	if err := fill.Run(); err != nil {
		return err
	}
	last := n.position.Rows(n.patches(), 1)
	class, err := model.ReadBack(ctx, b, last)
	if err != nil {
		return err
	}
	vector, err := model.ReadBack(ctx, b, n.weights.class)
	if err != nil {
		return err
	}
	for i := range class {
		class[i] += vector[i]
	}
	return model.Write(b, last, class)
}

// ropeTable returns cos and sin of each pair for each token: the first half of the pairs of a head rotates by the
// patch's column, the second half by its row, both counted from 1. The class token is not rotated (§3.4).
func (n *visionNetwork) ropeTable() []float32 {
	frequencies := model.RopeFrequencies(n.headDim/2, visionRopeBase, nil)
	var table []float32
	rotate := func(position int) {
		for _, f := range frequencies {
			sin, cos := math.Sincos(float64(position) * f)
			table = append(table, float32(cos), float32(sin))
		}
	}
	for i := range n.patches() {
		rotate(i%n.gridSize + 1)
		rotate(i/n.gridSize + 1)
	}
	rotate(0)
	rotate(0)
	return table
}

// shuffledOrder lists the patches square by square, and those of a square row by row, so that the patches of a square
// are adjacent and can be read as one vector (§3.6).
func (n *visionNetwork) shuffledOrder() []uint32 {
	var order []uint32
	for y := 0; y < n.gridSize; y += n.shuffleSize {
		for x := 0; x < n.gridSize; x += n.shuffleSize {
			for i := range n.shuffleSize * n.shuffleSize {
				order = append(order, uint32((y+i/n.shuffleSize)*n.gridSize+x+i%n.shuffleSize))
			}
		}
	}
	return order
}

// Stages returns the embedding, the blocks, and the projection.
func (n *visionNetwork) Stages() []model.Stage {
	stages := []model.Stage{n.embed}
	for _, b := range n.weights.blocks {
		stages = append(stages, func(o ops.Ops) { n.attention(o, b); n.feedForward(o, b) })
	}
	return append(stages, n.project)
}

// embed computes the tokens from the patches (§3.1, §3.2).
func (n *visionNetwork) embed(o ops.Ops) {
	s := n.scratch
	o.GetRows(s.norm, n.position, n.tokens)
	o.MulMat(ops.Product{Dst: s.norm.Rows(0, n.patches()), X: s.pixels, W: []*ops.Tensor{n.weights.patch}, Add: true})
	o.LayerNorm(s.x, s.norm, n.weights.preNorm.w, n.weights.preNorm.b, n.epsilon)
}

// attention adds to each token its attention to all tokens (§3.3).
func (n *visionNetwork) attention(o ops.Ops, b block) {
	s := n.scratch
	o.LayerNorm(s.norm, s.x, b.norm1.w, b.norm1.b, n.epsilon)
	o.MulMat(product(s.qkv, s.norm, b.q, b.k, b.v))
	o.RopeKV(ops.RopeKV{QKV: s.qkv, K: s.k, V: s.v, Step: n.step, Table: n.rope, NumHeads: n.numHeads})
	o.Attention(ops.Attention{Dst: s.attn, QKV: s.qkv, K: s.k, V: s.v, Step: n.step, NumHeads: n.numHeads, All: true})
	o.MulMat(accumulate(product(s.x, s.attn, b.out)))
}

// feedForward adds to each token the feed-forward of the block.
func (n *visionNetwork) feedForward(o ops.Ops, b block) {
	s := n.scratch
	o.LayerNorm(s.norm, s.x, b.norm2.w, b.norm2.b, n.epsilon)
	o.MulMat(product(s.ffn, s.norm, b.up))
	o.Gelu(s.ffn)
	o.MulMat(accumulate(product(s.x, s.ffn, b.down)))
}

// project drops the class token, joins the patches of each square to one vector, and projects the vectors to the hidden
// size of the text model (§3.5 to §3.7).
func (n *visionNetwork) project(o ops.Ops) {
	s := n.scratch
	o.LayerNorm(s.norm, s.x, n.weights.postNorm.w, n.weights.postNorm.b, n.epsilon)
	o.GetRows(s.shuffled, s.norm, n.order)
	x := reshape(s.shuffled, n.vectors())
	for i, w := range n.weights.adapter {
		o.MulMat(ops.Product{Dst: s.adapted[i], X: x, W: []*ops.Tensor{w}})
		o.Gelu(s.adapted[i])
		x = s.adapted[i]
	}
	o.MulMat(ops.Product{Dst: s.out, X: x, W: []*ops.Tensor{n.weights.projector}})
}

// reshape returns a view of x as n rows.
func reshape(x *ops.Tensor, n int) *ops.Tensor {
	v := *x
	v.Shape = ops.Shape{x.Shape.Elems() / n, n}
	return &v
}

// product returns the product of x with several linear maps, stacked.
func product(dst, x *ops.Tensor, maps ...linear) ops.Product {
	p := ops.Product{Dst: dst, X: x}
	for _, m := range maps {
		p.W, p.Bias = append(p.W, m.w), append(p.Bias, m.b)
	}
	return p
}

// accumulate returns the product with Add set.
func accumulate(p ops.Product) ops.Product {
	p.Add = true
	return p
}
