package ops

import "github.com/outrider-web/outrider/internal/quant"

// The Check functions hold each op's shape contract, once for all backends. They panic with a *ShapeError.

// CheckGetRows checks GetRows.
func CheckGetRows(dst, table, ids *Tensor) {
	c := contract{"get_rows", "dst F32 [width, n], table [width, nRows], ids U32 [n]", []*Tensor{dst, table, ids}}
	c.types(quant.F32, dst)
	c.types(quant.U32, ids)
	c.is(dst.Dim(0) == table.Dim(0) && dst.Dim(1) == ids.Shape.Elems())
}

// CheckRMSNorm checks RMSNorm.
func CheckRMSNorm(dst, x, w *Tensor) {
	c := contract{"rms_norm", "dst, x F32 [width, n], w F32 [width]", []*Tensor{dst, x, w}}
	c.types(quant.F32, dst, x, w)
	c.is(sameRows(dst, x) && w.Shape.Elems() == x.Dim(0))
}

// CheckProduct checks MulMatVec and MulMat; op is the op's name.
func CheckProduct(op string, p Product) {
	c := contract{op, "dst F32 [ΣW.rows, n], x F32 [hidden, n], 1 to 3 w [hidden, rows] in multiples of 4, bias F32 [rows] each",
		append(append([]*Tensor{p.Dst, p.X}, p.W...), p.Bias...)}
	c.is(len(p.W) >= 1 && len(p.W) <= 3 && (p.Bias == nil || len(p.Bias) == len(p.W)))
	c.types(quant.F32, p.Dst, p.X)
	c.types(quant.F32, p.Bias...)
	rows := 0
	for i, w := range p.W {
		c.is(w.Dim(0) == p.X.Dim(0) && w.Dim(0)%4 == 0 && w.Dim(1)%4 == 0)
		c.is(p.Bias == nil || p.Bias[i].Shape.Elems() == w.Dim(1))
		rows += w.Dim(1)
	}
	c.is(p.Dst.Dim(0) == rows && p.Dst.Dim(1) == p.X.Dim(1))
	c.is(op != "mul_mat_vec" || p.X.Dim(1) == 1)
}

// CheckSwigluVec checks SwigluVec.
func CheckSwigluVec(dst, x, gate, up *Tensor) {
	c := contract{"swiglu_vec", "dst F32 [width, 1], x F32 [hidden, 1], gate and up [hidden, width] in multiples of 4",
		[]*Tensor{dst, x, gate, up}}
	c.types(quant.F32, dst, x)
	c.is(dst.Dim(1) == 1 && x.Dim(1) == 1)
	c.is(gate.Dim(0) == x.Dim(0) && gate.Dim(1) == dst.Dim(0) && sameRows(gate, up))
	c.is(x.Dim(0)%4 == 0 && dst.Dim(0)%4 == 0)
}

// CheckSwiglu checks Swiglu.
func CheckSwiglu(dst, gu *Tensor) {
	c := contract{"swiglu", "dst F32 [width, n], gu F32 [2·width, n]", []*Tensor{dst, gu}}
	c.types(quant.F32, dst, gu)
	c.is(gu.Dim(0) == 2*dst.Dim(0) && gu.Dim(1) == dst.Dim(1))
}

// CheckRopeKV checks RopeKV.
func CheckRopeKV(r RopeKV) {
	c := contract{"rope_kv", "qkv F32 [(numHeads + 2·numKVHeads)·headDim, n], k and v [headDim, slots ≥ n, numKVHeads], " +
		"step U32 [4], table F32 [2·pairs ≤ headDim, positions]", []*Tensor{r.QKV, r.K, r.V, r.Step, r.Table}}
	c.cache(r.QKV, r.K, r.V, r.Step, r.NumHeads)
	c.is(r.QKV.Dim(1) <= r.K.Dim(1))
	c.is(r.TempScale == 0 || r.TempFloor > 0)
	if r.Table != nil {
		c.types(quant.F32, r.Table)
		c.is(r.Table.Dim(0)%2 == 0 && r.Table.Dim(0) <= r.K.Dim(0))
	}
}

// CheckAttention checks AttentionVec and Attention; op is the op's name.
func CheckAttention(op string, a Attention) {
	c := contract{op, "dst F32 [numHeads·headDim, n], qkv F32 [(numHeads + 2·numKVHeads)·headDim, n], " +
		"k and v [headDim, slots, numKVHeads], step U32 [4]", []*Tensor{a.Dst, a.QKV, a.K, a.V, a.Step}}
	c.cache(a.QKV, a.K, a.V, a.Step, a.NumHeads)
	c.types(quant.F32, a.Dst)
	c.is(a.Dst.Dim(0) == a.NumHeads*a.K.Dim(0) && a.Dst.Dim(1) == a.QKV.Dim(1))
	c.is(op != "attention_vec" || a.QKV.Dim(1) == 1 && !a.All)
	c.is(a.Window >= 0)
}

// CheckArgmax checks Argmax.
func CheckArgmax(dst, logits *Tensor) {
	c := contract{"argmax", "dst U32 [1], logits F32 [vocab, 1]", []*Tensor{dst, logits}}
	c.types(quant.U32, dst)
	c.types(quant.F32, logits)
	c.is(dst.Shape.Elems() == 1 && logits.Dim(1) == 1)
}

// CheckAdvance checks Advance.
func CheckAdvance(step *Tensor) {
	c := contract{"advance", "step U32 [4]", []*Tensor{step}}
	c.types(quant.U32, step)
	c.is(step.Shape.Elems() == StepWords)
}

// contract is what a broken promise will say.
type contract struct {
	op, want string
	got      []*Tensor
}

func (c *contract) is(ok bool) {
	if !ok {
		panic(&ShapeError{c.op, c.want, c.got})
	}
}

func (c *contract) types(want quant.Type, ts ...*Tensor) {
	for _, t := range ts {
		c.is(t != nil && t.Type == want)
	}
}

// cache checks what rope_kv and attention share.
func (c *contract) cache(qkv, k, v, step *Tensor, numHeads int) {
	c.types(quant.F32, qkv)
	c.types(quant.U32, step)
	c.is(k.Type == v.Type && (k.Type == quant.F16 || k.Type == quant.F32))
	headDim, numKVHeads := k.Dim(0), k.Dim(2)
	c.is(headDim%2 == 0 && sameRows(k, v) && v.Dim(2) == numKVHeads)
	c.is(numHeads > 0 && numHeads%numKVHeads == 0 && qkv.Dim(0) == (numHeads+2*numKVHeads)*headDim)
	c.is(step.Shape.Elems() == StepWords)
}

func sameRows(a, b *Tensor) bool { return a.Dim(0) == b.Dim(0) && a.Dim(1) == b.Dim(1) }
