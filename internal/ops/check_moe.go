package ops

import (
	"slices"

	"github.com/outrider-web/outrider/internal/quant"
)

// maxExperts is how many experts a router chooses from at most: what one workgroup keeps in its memory.
const maxExperts = 256

// CheckRouter checks Router.
func CheckRouter(dst, x, w, slots *Tensor) {
	c := contract{"router", "dst U32 [3k, n], x F32 [hidden, n], w F32 [hidden, numExperts], slots nil or U32 [numExperts], " +
		"1 ≤ k ≤ numExperts ≤ 256, hidden in multiples of 4", given(dst, x, w, slots)}
	c.types(quant.F32, x, w)
	c.choice(dst, x.Dim(1))
	c.is(w.Dim(0) == x.Dim(0) && x.Dim(0)%4 == 0)
	c.is(dst.Dim(0)/ChoiceWords <= w.Dim(1) && w.Dim(1) <= maxExperts)
	c.slots(slots, w.Dim(1))
}

// CheckSwigluIDVec checks SwigluIDVec.
func CheckSwigluIDVec(dst, x, choice *Tensor, e Experts) {
	c := contract{"swiglu_id_vec", "dst F32 [k·width + sharedWidth, 1], x F32 [hidden, 1], choice U32 [3k, 1], " + wantExperts,
		append([]*Tensor{dst, x, choice}, e.tensors()...)}
	c.types(quant.F32, dst, x)
	c.choice(choice, 1)
	c.experts(e)
	c.is(dst.Dim(1) == 1 && x.Dim(1) == 1)
	c.is(x.Dim(0) == e.Gate.Dim(0) && dst.Dim(0) == e.halfWidth(choice))
}

// CheckMulMatIDVec checks MulMatIDVec.
func CheckMulMatIDVec(dst, h, choice *Tensor, e Experts) {
	c := contract{"mul_mat_id_vec", "dst F32 [hidden, 1], h F32 [k·width + sharedWidth, 1], choice U32 [3k, 1], " + wantExperts,
		append([]*Tensor{dst, h, choice}, e.tensors()...)}
	c.types(quant.F32, dst, h)
	c.choice(choice, 1)
	c.experts(e)
	c.is(dst.Dim(1) == 1 && h.Dim(1) == 1)
	c.is(dst.Dim(0) == e.Down.Dim(1) && h.Dim(0) == e.halfWidth(choice))
}

// CheckGroupTokens checks GroupTokens and gives the number of experts.
func CheckGroupTokens(dst, choice *Tensor) (numExperts int) {
	c := contract{"group_tokens", "dst U32 [numExperts + 1 + n·k], choice U32 [3k, n], 1 ≤ k ≤ numExperts ≤ 256", []*Tensor{dst, choice}}
	c.types(quant.U32, dst)
	c.choice(choice, choice.Dim(1))
	return c.groups(dst, choice)
}

// CheckMulMatID checks MulMatID.
func CheckMulMatID(p ProductID) {
	c := contract{"mul_mat_id", "dst F32 [ΣW.rows, n·k], x F32 [hidden, n] or per choice [hidden, n·k], " +
		"1 or 2 w [hidden, rows, numSlots] in multiples of 4, choice U32 [3k, n], groups U32 [numExperts + 1 + n·k], " +
		"slots nil or U32 [numExperts]", append(given(p.Dst, p.X, p.Choice, p.Groups, p.Slots), p.W...)}
	c.types(quant.F32, p.Dst, p.X)
	c.types(quant.U32, p.Groups)
	c.choice(p.Choice, p.Choice.Dim(1))
	numExperts := c.groups(p.Groups, p.Choice)
	c.slots(p.Slots, numExperts)
	c.is(len(p.W) == 1 || len(p.W) == 2)
	rows := 0
	for _, w := range p.W {
		c.is(w.Dim(0) == p.X.Dim(0) && w.Dim(0)%4 == 0 && w.Dim(1)%4 == 0)
		c.is(w.Dim(2) == p.W[0].Dim(2) && w.Dim(2) <= numExperts && (w.Dim(2) == numExperts || p.Slots != nil))
		rows += w.Dim(1)
	}
	columns := p.Choice.Dim(1)
	if p.PerChoice {
		columns = numChoices(p.Choice)
	}
	c.is(p.X.Dim(1) == columns && p.Dst.Dim(0) == rows && p.Dst.Dim(1) == numChoices(p.Choice))
}

// CheckAddExperts checks AddExperts and gives the number of choices of a token.
func CheckAddExperts(dst, y *Tensor) (k int) {
	c := contract{"add_experts", "dst F32 [hidden, n], y F32 [hidden, n·k]", []*Tensor{dst, y}}
	c.types(quant.F32, dst, y)
	c.is(dst.Dim(0) == y.Dim(0) && y.Dim(1)%dst.Dim(1) == 0)
	return y.Dim(1) / dst.Dim(1)
}

// choice checks what Router wrote for n tokens.
func (c *contract) choice(t *Tensor, n int) {
	c.types(quant.U32, t)
	c.is(t.Dim(0) >= ChoiceWords && t.Dim(0)%ChoiceWords == 0 && t.Dim(1) == n)
}

// slots checks a table of where experts lie, which may be nil.
func (c *contract) slots(t *Tensor, numExperts int) {
	if t != nil {
		c.types(quant.U32, t)
		c.is(t.Shape.Elems() == numExperts)
	}
}

// given are the tensors that are there.
func given(ts ...*Tensor) []*Tensor {
	return slices.DeleteFunc(ts, func(t *Tensor) bool { return t == nil })
}

// numChoices is the choices of all tokens.
func numChoices(choice *Tensor) int { return choice.Dim(0) / ChoiceWords * choice.Dim(1) }

// groups checks that a list of groups has room for the choices, and gives its number of experts.
func (c *contract) groups(t, choice *Tensor) (numExperts int) {
	numExperts = t.Shape.Elems() - 1 - numChoices(choice)
	c.is(numExperts >= choice.Dim(0)/ChoiceWords && numExperts <= maxExperts)
	return numExperts
}

const wantExperts = "gate and up [hidden, width, numSlots], down [width, hidden, numSlots], " +
	"shared gate and up [hidden, sharedWidth], shared down [sharedWidth, hidden] in multiples of 4"

func (e Experts) tensors() []*Tensor {
	return []*Tensor{e.Gate, e.Up, e.Down, e.SharedGate, e.SharedUp, e.SharedDown}
}

// halfWidth is how many numbers the first half makes for one token.
func (e Experts) halfWidth(choice *Tensor) int {
	return choice.Dim(0)/ChoiceWords*e.Gate.Dim(1) + e.SharedGate.Dim(1)
}

func (c *contract) experts(e Experts) {
	hidden, width, shared := e.Gate.Dim(0), e.Gate.Dim(1), e.SharedGate.Dim(1)
	c.is(hidden%4 == 0 && width%4 == 0 && shared%4 == 0)
	c.is(sameRows(e.Gate, e.Up) && e.Up.Dim(2) == e.Gate.Dim(2))
	c.is(e.Down.Dim(0) == width && e.Down.Dim(1) == hidden && e.Down.Dim(2) == e.Gate.Dim(2))
	c.is(e.SharedGate.Dim(0) == hidden && sameRows(e.SharedGate, e.SharedUp))
	c.is(e.SharedDown.Dim(0) == shared && e.SharedDown.Dim(1) == hidden)
}

// CheckGuard checks a guard, which may be nil.
func CheckGuard(guard *Tensor) {
	if guard != nil {
		c := contract{"guard", "U32 [1], not a view", []*Tensor{guard}}
		c.types(quant.U32, guard)
		c.is(guard.Shape.Elems() == 1 && guard.First == 0)
	}
}
