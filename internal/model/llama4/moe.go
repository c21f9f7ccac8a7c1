package llama4

import (
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// moeScratch is what a mixture of experts writes; a token has k choices. The shared expert, as wide as a routed one,
// takes turns with them.
type moeScratch struct {
	choice *ops.Tensor // U32 [ChoiceWords·k, n], used when n > 1
	groups *ops.Tensor // U32 [1, numExperts + 1 + n·k]
	gateUp *ops.Tensor // [2·width, n·k], used when n > 1
	h      *ops.Tensor // [width, n·k]
	y      *ops.Tensor // [hidden, n·k]
	one    *ops.Tensor // [(k+1)·width, 1], used when n = 1, as those below

	choices *ops.Tensor // U32 [ChoiceWords·k, number of mixtures]
	table   *ops.Tensor // U32 [numExperts, number of mixtures]; nil where every expert has its slot

	numExperts, k int
}

func newMoEScratch(a *model.Arena, f *family, k int, o model.Options) moeScratch {
	chunk := o.BatchSize
	s := moeScratch{
		choice: a.New("experts.choice", quant.U32, ops.ChoiceWords*k, chunk),
		groups: a.New("experts.groups", quant.U32, 1, f.numExperts+1+chunk*k),
		gateUp: a.F32("experts.gate_up", 2*f.expertWidth, chunk*k),
		h:      a.F32("experts.h", f.expertWidth, chunk*k),
		y:      a.F32("experts.y", f.config.HiddenSize, chunk*k),
		one:    a.F32("experts.one", (k+1)*f.expertWidth, 1),

		choices:    a.New("experts.choices", quant.U32, ops.ChoiceWords*k, f.config.NumLayers/f.moeInterval),
		numExperts: f.numExperts, k: k,
	}
	if o.PagedExperts != nil {
		s.table = o.PagedExperts.Table
	}
	return s
}

// feed adds to x what the chosen experts and the shared one make of s.norm. An expert's weight scales what goes in,
// not what comes out (§2.7).
func (m *moe) feedForward(o ops.Ops, s scratch, x *ops.Tensor) {
	if x.Dim(1) == 1 {
		m.feedForwardVec(o, s, x)
		return
	}
	m.choose(o, s)
	m.compute(o, s, nil)
	m.join(o, s, x)
}

func (m *moe) feedForwardVec(o ops.Ops, s scratch, x *ops.Tensor) {
	choice, slots := s.moe.choices.Rows(m.moeIndex, 1), s.moe.table
	if slots != nil {
		slots = slots.Rows(m.moeIndex, 1)
	}
	o.Router(choice, s.norm, m.router, slots)
	o.SwigluIDVec(s.moe.one, s.norm, choice, m.Experts)
	o.MulMatIDVec(x, s.moe.one, choice, m.Experts)
}

// choose takes the tokens expert by expert, so that an expert's weights are read once.
func (m *moe) choose(o ops.Ops, s scratch) {
	o.Router(s.moe.choice, s.norm, m.router, nil)
	o.GroupTokens(s.moe.groups, s.moe.choice)
}

// compute makes s.moe.y of those experts that slots gives a place.
func (m *moe) compute(o ops.Ops, s scratch, slots *ops.Tensor) {
	p := ops.ProductID{Choice: s.moe.choice, Groups: s.moe.groups, Slots: slots}
	p.Dst, p.X, p.W = s.moe.gateUp, s.norm, []*ops.Tensor{m.Gate, m.Up}
	o.MulMatID(p)
	o.Swiglu(s.moe.h, s.moe.gateUp)
	p.Dst, p.X, p.W, p.PerChoice = s.moe.y, s.moe.h, []*ops.Tensor{m.Down}, true
	o.MulMatID(p)
}

// join adds to x what all experts have made, and what the shared one makes.
func (m *moe) join(o ops.Ops, s scratch, x *ops.Tensor) {
	o.AddExperts(x, s.moe.y)
	m.feedShared(o, s, x)
}

func (m *moe) feedShared(o ops.Ops, s scratch, x *ops.Tensor) {
	n := x.Dim(1)
	gateUp, h := s.moe.gateUp.Rows(0, n), s.moe.h.Rows(0, n)
	o.MulMat(ops.Product{Dst: gateUp, X: s.norm, W: []*ops.Tensor{m.SharedGate, m.SharedUp}})
	o.Swiglu(h, gateUp)
	o.MulMat(ops.Product{Dst: x, X: h, W: []*ops.Tensor{m.SharedDown}, Add: true})
}

// rows are views for the first n tokens; none where every layer is dense.
func (s moeScratch) rows(n int) moeScratch {
	if s.choice == nil {
		return s
	}
	s.choice, s.groups = s.choice.Rows(0, n), s.groups.Rows(0, s.numExperts+1+n*s.k)
	s.gateUp, s.h, s.y = s.gateUp.Rows(0, n*s.k), s.h.Rows(0, n*s.k), s.y.Rows(0, n*s.k)
	return s
}
