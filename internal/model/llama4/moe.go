package llama4

import (
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// moeScratch is the tensors that a mixture of experts writes. A token chooses k routed experts. The shared expert is as
// wide as a routed one and uses the same tensors, after the routed ones.
type moeScratch struct {
	choice *ops.Tensor // U32 [ChoiceWords·k, n], used when n > 1
	groups *ops.Tensor // U32 [1, numExperts + 1 + n·k]
	gateUp *ops.Tensor // [2·width, n·k], used when n > 1
	h      *ops.Tensor // [width, n·k]
	y      *ops.Tensor // [hidden, n·k]

	// Used when n = 1. Layers are those with experts.
	one     *ops.Tensor // [(k+1)·width, 1]
	choices *ops.Tensor // U32 [ChoiceWords·k, layers]
	table   *ops.Tensor // U32 [numExperts, layers]; nil when every expert is in the slot of its number

	numExperts, k int
}

// newMoEScratch makes the tensors for batches of up to o.BatchSize tokens.
func newMoEScratch(a *model.Arena, f *family, k int, o model.Options) moeScratch {
	n := o.BatchSize
	s := moeScratch{
		choice: a.New("experts.choice", quant.U32, ops.ChoiceWords*k, n),
		groups: a.New("experts.groups", quant.U32, 1, f.numExperts+1+n*k),
		gateUp: a.F32("experts.gate_up", 2*f.expertWidth, n*k),
		h:      a.F32("experts.h", f.expertWidth, n*k),
		y:      a.F32("experts.y", f.config.HiddenSize, n*k),
		one:    a.F32("experts.one", (k+1)*f.expertWidth, 1),

		choices:    a.New("experts.choices", quant.U32, ops.ChoiceWords*k, f.config.NumLayers/f.moeInterval),
		numExperts: f.numExperts, k: k,
	}
	if o.PagedExperts != nil {
		s.table = o.PagedExperts.Table
	}
	return s
}

// feedForward adds the outputs of the chosen experts and of the shared one for s.norm to x. The weight of an expert
// scales its input, not its output (§2.7).
func (m *moe) feedForward(o ops.Ops, s scratch, x *ops.Tensor) {
	if x.Dim(1) == 1 {
		m.feedForwardVec(o, s, x)
		return
	}
	m.route(o, s)
	m.routedExperts(o, s, nil)
	m.addExperts(o, s, x)
}

// feedForwardVec is feedForward for one token.
func (m *moe) feedForwardVec(o ops.Ops, s scratch, x *ops.Tensor) {
	choice, slots := s.moe.choices.Rows(m.moeIndex, 1), s.moe.table
	if slots != nil {
		slots = slots.Rows(m.moeIndex, 1)
	}
	o.Router(choice, s.norm, m.router, slots)
	o.SwigluIDVec(s.moe.one, s.norm, choice, m.Experts)
	o.MulMatIDVec(x, s.moe.one, choice, m.Experts)
}

// route chooses the experts of each token, and groups the tokens by expert, so that the weights of an expert are read
// once.
func (m *moe) route(o ops.Ops, s scratch) {
	o.Router(s.moe.choice, s.norm, m.router, nil)
	o.GroupTokens(s.moe.groups, s.moe.choice)
}

// routedExperts computes the part of s.moe.y that comes from the experts that have a slot; slots nil stands for all
// experts.
func (m *moe) routedExperts(o ops.Ops, s scratch, slots *ops.Tensor) {
	p := ops.ProductID{Choice: s.moe.choice, Groups: s.moe.groups, Slots: slots}
	p.Dst, p.X, p.W = s.moe.gateUp, s.norm, []*ops.Tensor{m.Gate, m.Up}
	o.MulMatID(p)
	o.Swiglu(s.moe.h, s.moe.gateUp)
	p.Dst, p.X, p.W, p.PerChoice = s.moe.y, s.moe.h, []*ops.Tensor{m.Down}, true
	o.MulMatID(p)
}

// addExperts adds the outputs of the routed experts, which are in s.moe.y, and of the shared expert to x.
func (m *moe) addExperts(o ops.Ops, s scratch, x *ops.Tensor) {
	o.AddExperts(x, s.moe.y)
	m.sharedExpert(o, s, x)
}

// sharedExpert adds the output of the shared expert to x.
func (m *moe) sharedExpert(o ops.Ops, s scratch, x *ops.Tensor) {
	n := x.Dim(1)
	gateUp, h := s.moe.gateUp.Rows(0, n), s.moe.h.Rows(0, n)
	o.MulMat(ops.Product{Dst: gateUp, X: s.norm, W: []*ops.Tensor{m.SharedGate, m.SharedUp}})
	o.Swiglu(h, gateUp)
	o.MulMat(ops.Product{Dst: x, X: h, W: []*ops.Tensor{m.SharedDown}, Add: true})
}

// rows returns views of the first n tokens; nothing when every layer is dense.
func (s moeScratch) rows(n int) moeScratch {
	if s.choice == nil {
		return s
	}
	s.choice, s.groups = s.choice.Rows(0, n), s.groups.Rows(0, s.numExperts+1+n*s.k)
	s.gateUp, s.h, s.y = s.gateUp.Rows(0, n*s.k), s.h.Rows(0, n*s.k), s.y.Rows(0, n*s.k)
	return s
}
