package ops

import (
	"slices"

	"github.com/outrider-web/outrider/internal/quant"
)

// maxExperts is the maximum number of experts that a router chooses from: one workgroup keeps all logits of a token in
// its memory.
const maxExperts = 256

// CheckRouter checks the operands of Router.
func CheckRouter(dst, x, w, slots *Tensor) {
	c := contract{"router", "dst U32 [3k, n], x F32 [hidden, n], w F32 [hidden, numExperts], " +
		"slots nil or U32 [numExperts], 1 ≤ k ≤ numExperts ≤ 256, hidden in multiples of 4", nonNil(dst, x, w, slots)}
	c.requireType(quant.F32, x, w)
	c.choice(dst, x.Dim(1))
	c.require(w.Dim(0) == x.Dim(0) && x.Dim(0)%4 == 0)
	c.require(dst.Dim(0)/ChoiceWords <= w.Dim(1) && w.Dim(1) <= maxExperts)
	c.slots(slots, w.Dim(1))
}

// CheckSwigluIDVec checks the operands of SwigluIDVec.
func CheckSwigluIDVec(dst, x, choice *Tensor, e Experts) {
	c := contract{"swiglu_id_vec", "dst F32 [k·width + sharedWidth, 1], x F32 [hidden, 1], " +
		"choice U32 [3k, 1], " + wantExperts, append([]*Tensor{dst, x, choice}, e.tensors()...)}
	c.requireType(quant.F32, dst, x)
	c.choice(choice, 1)
	c.experts(e)
	c.require(dst.Dim(1) == 1 && x.Dim(1) == 1)
	c.require(x.Dim(0) == e.Gate.Dim(0) && dst.Dim(0) == e.firstHalfWidth(choice))
}

// CheckMulMatIDVec checks the operands of MulMatIDVec.
func CheckMulMatIDVec(dst, h, choice *Tensor, e Experts) {
	c := contract{"mul_mat_id_vec", "dst F32 [hidden, 1], h F32 [k·width + sharedWidth, 1], " +
		"choice U32 [3k, 1], " + wantExperts, append([]*Tensor{dst, h, choice}, e.tensors()...)}
	c.requireType(quant.F32, dst, h)
	c.choice(choice, 1)
	c.experts(e)
	c.require(dst.Dim(1) == 1 && h.Dim(1) == 1)
	c.require(dst.Dim(0) == e.Down.Dim(1) && h.Dim(0) == e.firstHalfWidth(choice))
}

// CheckGroupTokens checks the operands of GroupTokens and returns the number of experts.
func CheckGroupTokens(dst, choice *Tensor) (numExperts int) {
	c := contract{"group_tokens", "dst U32 [numExperts + 1 + n·k], choice U32 [3k, n], 1 ≤ k ≤ numExperts ≤ 256",
		[]*Tensor{dst, choice}}
	c.requireType(quant.U32, dst)
	c.choice(choice, choice.Dim(1))
	return c.groups(dst, choice)
}

// CheckMulMatID checks the operands of MulMatID.
func CheckMulMatID(p ProductID) {
	c := contract{"mul_mat_id", "dst F32 [ΣW.rows, n·k], x F32 [hidden, n] or per choice [hidden, n·k], " +
		"1 or 2 w [hidden, rows, numSlots] in multiples of 4, choice U32 [3k, n], groups U32 [numExperts + 1 + n·k], " +
		"slots nil or U32 [numExperts]", append(nonNil(p.Dst, p.X, p.Choice, p.Groups, p.Slots), p.W...)}
	c.requireType(quant.F32, p.Dst, p.X)
	c.requireType(quant.U32, p.Groups)
	c.choice(p.Choice, p.Choice.Dim(1))
	numExperts := c.groups(p.Groups, p.Choice)
	c.slots(p.Slots, numExperts)
	c.require(len(p.W) == 1 || len(p.W) == 2)
	rows := 0
	for _, w := range p.W {
		c.require(w.Dim(0) == p.X.Dim(0) && w.Dim(0)%4 == 0 && w.Dim(1)%4 == 0)
		c.require(w.Dim(2) == p.W[0].Dim(2) && w.Dim(2) <= numExperts && (w.Dim(2) == numExperts || p.Slots != nil))
		rows += w.Dim(1)
	}
	columns := p.Choice.Dim(1)
	if p.PerChoice {
		columns = numChoices(p.Choice)
	}
	c.require(p.X.Dim(1) == columns && p.Dst.Dim(0) == rows && p.Dst.Dim(1) == numChoices(p.Choice))
}

// CheckAddExperts checks the operands of AddExperts and returns the number of choices of a token.
func CheckAddExperts(dst, y *Tensor) (k int) {
	c := contract{"add_experts", "dst F32 [hidden, n], y F32 [hidden, n·k]", []*Tensor{dst, y}}
	c.requireType(quant.F32, dst, y)
	c.require(dst.Dim(0) == y.Dim(0) && y.Dim(1)%dst.Dim(1) == 0)
	return y.Dim(1) / dst.Dim(1)
}

// choice checks the choices of n tokens, as Router writes them.
func (c *contract) choice(t *Tensor, n int) {
	c.requireType(quant.U32, t)
	c.require(t.Dim(0) >= ChoiceWords && t.Dim(0)%ChoiceWords == 0 && t.Dim(1) == n)
}

// slots checks a table of the experts' slots, which may be nil.
func (c *contract) slots(t *Tensor, numExperts int) {
	if t != nil {
		c.requireType(quant.U32, t)
		c.require(t.Shape.Elems() == numExperts)
	}
}

// nonNil returns the tensors that are not nil.
func nonNil(ts ...*Tensor) []*Tensor {
	return slices.DeleteFunc(ts, func(t *Tensor) bool { return t == nil })
}

// numChoices returns the number of choices of all tokens, n·k.
func numChoices(choice *Tensor) int { return choice.Dim(0) / ChoiceWords * choice.Dim(1) }

// groups checks that t, as GroupTokens writes it, has space for all choices, and returns its number of experts.
func (c *contract) groups(t, choice *Tensor) (numExperts int) {
	numExperts = t.Shape.Elems() - 1 - numChoices(choice)
	c.require(numExperts >= choice.Dim(0)/ChoiceWords && numExperts <= maxExperts)
	return numExperts
}

const wantExperts = "gate and up [hidden, width, numSlots], down [width, hidden, numSlots], " +
	"shared gate and up [hidden, sharedWidth], shared down [sharedWidth, hidden] in multiples of 4"

// tensors returns all matrices, for a ShapeError.
func (e Experts) tensors() []*Tensor {
	return []*Tensor{e.Gate, e.Up, e.Down, e.SharedGate, e.SharedUp, e.SharedDown}
}

// firstHalfWidth returns how many numbers the first half of the feed-forward computes for one token:
// k·width + sharedWidth.
func (e Experts) firstHalfWidth(choice *Tensor) int {
	return choice.Dim(0)/ChoiceWords*e.Gate.Dim(1) + e.SharedGate.Dim(1)
}

// experts checks that the matrices of a layer's experts fit each other.
func (c *contract) experts(e Experts) {
	hidden, width, shared := e.Gate.Dim(0), e.Gate.Dim(1), e.SharedGate.Dim(1)
	c.require(hidden%4 == 0 && width%4 == 0 && shared%4 == 0)
	c.require(sameRows(e.Gate, e.Up) && e.Up.Dim(2) == e.Gate.Dim(2))
	c.require(e.Down.Dim(0) == width && e.Down.Dim(1) == hidden && e.Down.Dim(2) == e.Gate.Dim(2))
	c.require(e.SharedGate.Dim(0) == hidden && sameRows(e.SharedGate, e.SharedUp))
	c.require(e.SharedDown.Dim(0) == shared && e.SharedDown.Dim(1) == hidden)
}

// CheckGuard checks the guard of RecordGuarded, which may be nil.
func CheckGuard(guard *Tensor) {
	if guard != nil {
		c := contract{"guard", "U32 [1], not a view", []*Tensor{guard}}
		c.requireType(quant.U32, guard)
		c.require(guard.Shape.Elems() == 1 && guard.First == 0)
	}
}
