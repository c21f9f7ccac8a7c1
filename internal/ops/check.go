package ops

import "github.com/outrider-web/outrider/internal/quant"

// The Check functions check the shapes of each op's operands, for all backends alike. They panic with a *ShapeError.

// CheckGetRows checks the operands of GetRows.
func CheckGetRows(dst, table, ids *Tensor) {
	c := contract{"get_rows", "dst F32 [width, n], table [width, nRows], ids U32 [n]", []*Tensor{dst, table, ids}}
	c.requireType(quant.F32, dst)
	c.requireType(quant.U32, ids)
	c.require(dst.Dim(0) == table.Dim(0) && dst.Dim(1) == ids.Shape.Elems())
}

// CheckRMSNorm checks the operands of RMSNorm.
func CheckRMSNorm(dst, x, w *Tensor) {
	c := contract{"rms_norm", "dst, x F32 [width, n], w F32 [width]", []*Tensor{dst, x, w}}
	c.requireType(quant.F32, dst, x, w)
	c.require(sameRows(dst, x) && w.Shape.Elems() == x.Dim(0))
}

// CheckProduct checks the operands of MulMatVec and MulMat; op is the name of the op.
func CheckProduct(op string, p Product) {
	c := contract{op, "dst F32 [ΣW.rows, n], x F32 [hidden, n], 1 to 3 w [hidden, rows] in multiples of 4, " +
		"bias F32 [rows] each", append(append([]*Tensor{p.Dst, p.X}, p.W...), p.Bias...)}
	c.require(len(p.W) >= 1 && len(p.W) <= 3 && (p.Bias == nil || len(p.Bias) == len(p.W)))
	c.requireType(quant.F32, p.Dst, p.X)
	c.requireType(quant.F32, p.Bias...)
	rows := 0
	for i, w := range p.W {
		c.require(w.Dim(0) == p.X.Dim(0) && w.Dim(0)%4 == 0 && w.Dim(1)%4 == 0)
		c.require(p.Bias == nil || p.Bias[i].Shape.Elems() == w.Dim(1))
		rows += w.Dim(1)
	}
	c.require(p.Dst.Dim(0) == rows && p.Dst.Dim(1) == p.X.Dim(1))
	c.require(op != "mul_mat_vec" || p.X.Dim(1) == 1)
}

// CheckSwigluVec checks the operands of SwigluVec.
func CheckSwigluVec(dst, x, gate, up *Tensor) {
	c := contract{"swiglu_vec", "dst F32 [width, 1], x F32 [hidden, 1], gate and up [hidden, width] in multiples of 4",
		[]*Tensor{dst, x, gate, up}}
	c.requireType(quant.F32, dst, x)
	c.require(dst.Dim(1) == 1 && x.Dim(1) == 1)
	c.require(gate.Dim(0) == x.Dim(0) && gate.Dim(1) == dst.Dim(0) && sameRows(gate, up))
	c.require(x.Dim(0)%4 == 0 && dst.Dim(0)%4 == 0)
}

// CheckSwiglu checks the operands of Swiglu.
func CheckSwiglu(dst, gu *Tensor) {
	c := contract{"swiglu", "dst F32 [width, n], gu F32 [2·width, n]", []*Tensor{dst, gu}}
	c.requireType(quant.F32, dst, gu)
	c.require(gu.Dim(0) == 2*dst.Dim(0) && gu.Dim(1) == dst.Dim(1))
}

// CheckRopeKV checks the operands of RopeKV.
func CheckRopeKV(r RopeKV) {
	c := contract{"rope_kv", "qkv F32 [(numHeads + 2·numKVHeads)·headDim, n], k and v [headDim, slots ≥ n, numKVHeads], " +
		"step U32 [4], table F32 [2·pairs ≤ headDim, positions]", []*Tensor{r.QKV, r.K, r.V, r.Step, r.Table}}
	c.cache(r.QKV, r.K, r.V, r.Step, r.NumHeads)
	c.require(r.QKV.Dim(1) <= r.K.Dim(1))
	c.require(r.TempScale == 0 || r.TempFloor > 0)
	if r.Table != nil {
		c.requireType(quant.F32, r.Table)
		c.require(r.Table.Dim(0)%2 == 0 && r.Table.Dim(0) <= r.K.Dim(0))
	}
}

// CheckAttention checks the operands of AttentionVec and Attention; op is the name of the op.
func CheckAttention(op string, a Attention) {
	c := contract{op, "dst F32 [numHeads·headDim, n], qkv F32 [(numHeads + 2·numKVHeads)·headDim, n], " +
		"k and v [headDim, slots, numKVHeads], step U32 [4]", []*Tensor{a.Dst, a.QKV, a.K, a.V, a.Step}}
	c.cache(a.QKV, a.K, a.V, a.Step, a.NumHeads)
	c.requireType(quant.F32, a.Dst)
	c.require(a.Dst.Dim(0) == a.NumHeads*a.K.Dim(0) && a.Dst.Dim(1) == a.QKV.Dim(1))
	c.require(op != "attention_vec" || a.QKV.Dim(1) == 1 && !a.All)
	c.require(a.Window >= 0)
}

// CheckArgmax checks the operands of Argmax.
func CheckArgmax(dst, logits *Tensor) {
	c := contract{"argmax", "dst U32 [1], logits F32 [vocab, 1]", []*Tensor{dst, logits}}
	c.requireType(quant.U32, dst)
	c.requireType(quant.F32, logits)
	c.require(dst.Shape.Elems() == 1 && logits.Dim(1) == 1)
}

// CheckAdvance checks the operand of Advance.
func CheckAdvance(step *Tensor) {
	c := contract{"advance", "step U32 [4]", []*Tensor{step}}
	c.requireType(quant.U32, step)
	c.require(step.Shape.Elems() == StepWords)
}

// contract is what an op requires of its operands; a violation becomes a ShapeError.
type contract struct {
	op, want string
	got      []*Tensor
}

func (c *contract) require(ok bool) {
	if !ok {
		panic(&ShapeError{c.op, c.want, c.got})
	}
}

// requireType requires every tensor of ts to be there and of type want.
func (c *contract) requireType(want quant.Type, ts ...*Tensor) {
	for _, t := range ts {
		c.require(t != nil && t.Type == want)
	}
}

// cache checks the operands that rope_kv and attention have in common.
func (c *contract) cache(qkv, k, v, step *Tensor, numHeads int) {
	c.requireType(quant.F32, qkv)
	c.requireType(quant.U32, step)
	c.require(k.Type == v.Type && (k.Type == quant.F16 || k.Type == quant.F32))
	headDim, numKVHeads := k.Dim(0), k.Dim(2)
	c.require(headDim%2 == 0 && sameRows(k, v) && v.Dim(2) == numKVHeads)
	c.require(numHeads > 0 && numHeads%numKVHeads == 0 && qkv.Dim(0) == (numHeads+2*numKVHeads)*headDim)
	c.require(step.Shape.Elems() == StepWords)
}

// sameRows reports whether a and b have the same first two dimensions.
func sameRows(a, b *Tensor) bool { return a.Dim(0) == b.Dim(0) && a.Dim(1) == b.Dim(1) }
