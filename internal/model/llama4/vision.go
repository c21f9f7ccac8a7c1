package llama4

import (
	"context"
	"math"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// encoder is the tower's layers and what they write to (§3). Its tokens are a tile's patches, row by row, and after them
// the class token, which attention needs and nobody reads.
type encoder struct {
	*visionEncoder
	w        encoderWeights
	position *ops.Tensor // F32 [hidden, patches + 1]: what a token is before its patch is added
	rope     *ops.Tensor // F32 [headDim, patches + 1]: cos, sin of each pair of elements
	step     *ops.Tensor // U32 [1, ops.StepWords]: all tokens, from 0 on
	tokens   *ops.Tensor // U32 [1, patches + 1]: 0, 1, 2, …
	order    *ops.Tensor // U32 [1, patches]: see shuffled
	scratch  encoderScratch
}

// towerScratch is what stages and ops hand to the next one; tokens = patches + 1.
type encoderScratch struct {
	pixels *ops.Tensor // [3·patch², patches]
	x      *ops.Tensor // [hidden, tokens]: the residual stream
	norm   *ops.Tensor // [hidden, tokens]
	qkv    *ops.Tensor // [3·hidden, tokens]
	k, v   *ops.Tensor // [headDim, tokens, numHeads]
	attn   *ops.Tensor // [hidden, tokens]
	ffn    *ops.Tensor // [feedForwardWidth, tokens]

	shuffled *ops.Tensor    // [hidden, patches]: square after square
	adapted  [2]*ops.Tensor // [a, vectors], [b, vectors]
	out      *ops.Tensor    // [width, vectors]
}

// Prepare makes tables and scratch tensors.
func (e *encoder) Prepare(ctx context.Context, a *model.Arena) (in, out *ops.Tensor, err error) {
	tokens := e.patches() + 1
	e.rope = a.Floats("vision.rope", e.ropeTable(), e.headDim, tokens)
	e.step = a.Indices("vision.step", 0, uint32(tokens), 0, 0)
	e.tokens = a.Sequence("vision.tokens", tokens)
	e.order = a.Indices("vision.order", e.shuffledOrder()...)
	e.position = a.F32("vision.position", e.hidden, tokens)
	e.scratch = e.newScratch(a)
	if a.Err() != nil {
		return nil, nil, a.Err()
	}
	return e.scratch.pixels, e.scratch.out, e.addClassEmbedding(ctx, a.Backend)
}

func (e *encoder) newScratch(a *model.Arena) encoderScratch {
	patches, vectors := e.patches(), e.vectors()
	tokens := patches + 1
	s := encoderScratch{
		pixels:   a.F32("vision.pixels", 3*e.patch*e.patch, patches),
		x:        a.F32("vision.x", e.hidden, tokens),
		norm:     a.F32("vision.norm", e.hidden, tokens),
		qkv:      a.F32("vision.qkv", 3*e.hidden, tokens),
		k:        a.New("vision.k", quant.F32, e.headDim, tokens, e.numHeads),
		v:        a.New("vision.v", quant.F32, e.headDim, tokens, e.numHeads),
		attn:     a.F32("vision.attn", e.hidden, tokens),
		ffn:      a.F32("vision.ffn", e.feedForwardWidth, tokens),
		shuffled: a.F32("vision.shuffled", e.hidden, patches),
		out:      a.F32("vision.out", e.width, vectors),
	}
	for i, w := range e.w.adapter {
		s.adapted[i] = a.F32("vision.adapted", w.Dim(1), vectors)
	}
	return s
}

// placeClass fills the table of positions, and adds the class vector to the class token's once and for all (§3.2).
func (e *encoder) addClassEmbedding(ctx context.Context, b ops.Backend) error {
	fill, err := b.Record("positions", func() { b.GetRows(e.position, e.w.position, e.tokens) })
	if err != nil {
		return err
	}
	defer fill.Release()
	if err := fill.Run(); err != nil {
		return err
	}
	last := e.position.Rows(e.patches(), 1)
	class, err := model.ReadBack(ctx, b, last)
	if err != nil {
		return err
	}
	vector, err := model.ReadBack(ctx, b, e.w.class)
	if err != nil {
		return err
	}
	for i := range class {
		class[i] += vector[i]
	}
	return model.Write(b, last, class)
}

// ropeTable is the rotation of each token: the first half of a head's pairs turns with the column, the second with the
// row, both counted from 1; the class token does not turn (§3.4).
func (e *encoder) ropeTable() []float32 {
	frequencies := model.RopeFrequencies(e.headDim/2, visionRopeBase, nil)
	var table []float32
	turn := func(times int) {
		for _, f := range frequencies {
			sin, cos := math.Sincos(float64(times) * f)
			table = append(table, float32(cos), float32(sin))
		}
	}
	for i := range e.patches() {
		turn(i%e.grid + 1)
		turn(i/e.grid + 1)
	}
	turn(0)
	turn(0)
	return table
}

// shuffledOrder lists the patches square by square, those of a square row by row: what lies side by side then becomes
// one vector (§3.6).
func (e *encoder) shuffledOrder() []uint32 {
	var order []uint32
	for y := 0; y < e.grid; y += e.shuffle {
		for x := 0; x < e.grid; x += e.shuffle {
			for i := range e.shuffle * e.shuffle {
				order = append(order, uint32((y+i/e.shuffle)*e.grid+x+i%e.shuffle))
			}
		}
	}
	return order
}

// Stages are the embedding, the blocks, and the way out.
func (e *encoder) Stages() []model.Stage {
	stages := []model.Stage{e.embed}
	for _, b := range e.w.blocks {
		stages = append(stages, func(o ops.Ops) { e.attention(o, b); e.feedForward(o, b) })
	}
	return append(stages, e.project)
}

// embed makes tokens of patches (§3.1, §3.2).
func (e *encoder) embed(o ops.Ops) {
	s := e.scratch
	o.GetRows(s.norm, e.position, e.tokens)
	o.MulMat(ops.Product{Dst: s.norm.Rows(0, e.patches()), X: s.pixels, W: []*ops.Tensor{e.w.patch}, Add: true})
	o.LayerNorm(s.x, s.norm, e.w.before.w, e.w.before.b, e.epsilon)
}

// attend adds to each token what it finds in all of them (§3.3).
func (e *encoder) attention(o ops.Ops, b block) {
	s := e.scratch
	o.LayerNorm(s.norm, s.x, b.norm1.w, b.norm1.b, e.epsilon)
	o.MulMat(product(s.qkv, s.norm, b.q, b.k, b.v))
	o.RopeKV(ops.RopeKV{QKV: s.qkv, K: s.k, V: s.v, Step: e.step, Table: e.rope, NumHeads: e.numHeads})
	o.Attention(ops.Attention{Dst: s.attn, QKV: s.qkv, K: s.k, V: s.v, Step: e.step, NumHeads: e.numHeads, All: true})
	o.MulMat(added(product(s.x, s.attn, b.out)))
}

// feed adds to each token what the block's feed-forward makes of it.
func (e *encoder) feedForward(o ops.Ops, b block) {
	s := e.scratch
	o.LayerNorm(s.norm, s.x, b.norm2.w, b.norm2.b, e.epsilon)
	o.MulMat(product(s.ffn, s.norm, b.up))
	o.Gelu(s.ffn)
	o.MulMat(added(product(s.x, s.ffn, b.down)))
}

// project leaves the class token behind, joins the patches of each square, and takes them to the text model's width
// (§3.5 to §3.7).
func (e *encoder) project(o ops.Ops) {
	s := e.scratch
	o.LayerNorm(s.norm, s.x, e.w.after.w, e.w.after.b, e.epsilon)
	o.GetRows(s.shuffled, s.norm, e.order)
	x := joined(s.shuffled, e.vectors())
	for i, w := range e.w.adapter {
		o.MulMat(ops.Product{Dst: s.adapted[i], X: x, W: []*ops.Tensor{w}})
		o.Gelu(s.adapted[i])
		x = s.adapted[i]
	}
	o.MulMat(ops.Product{Dst: s.out, X: x, W: []*ops.Tensor{e.w.projector}})
}

// joined is a view of x as n longer rows.
func joined(x *ops.Tensor, n int) *ops.Tensor {
	v := *x
	v.Shape = ops.Shape{x.Shape.Elems() / n, n}
	return &v
}

// product stacks what matrices with biases make of x.
func product(dst, x *ops.Tensor, matrices ...affine) ops.Product {
	p := ops.Product{Dst: dst, X: x}
	for _, m := range matrices {
		p.W, p.Bias = append(p.W, m.w), append(p.Bias, m.b)
	}
	return p
}

// added makes a product add to what is there.
func added(p ops.Product) ops.Product {
	p.Add = true
	return p
}
