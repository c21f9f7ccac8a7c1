package llama4

import (
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// moeScratch is what a mixture of experts writes; a token has k choices. The shared expert, as wide as a routed one,
// takes turns with them.
type moeScratch struct {
	choice *ops.Tensor // U32 [ChoiceWords·k, n]
	groups *ops.Tensor // U32 [1, numExperts + 1 + n·k]
	gateUp *ops.Tensor // [2·width, n·k], used when n > 1, as all below
	h      *ops.Tensor // [width, n·k]
	y      *ops.Tensor // [hidden, n·k]
	one    *ops.Tensor // [(k+1)·width, 1], used when n = 1

	numExperts, k int
}

func newMoEScratch(a *model.Arena, f *family, k, chunk int) moeScratch {
	return moeScratch{
		choice: a.New("experts.choice", quant.U32, ops.ChoiceWords*k, chunk),
		groups: a.New("experts.groups", quant.U32, 1, f.numExperts+1+chunk*k),
		gateUp: a.F32("experts.gate_up", 2*f.expertWidth, chunk*k),
		h:      a.F32("experts.h", f.expertWidth, chunk*k),
		y:      a.F32("experts.y", f.config.HiddenSize, chunk*k),
		one:    a.F32("experts.one", (k+1)*f.expertWidth, 1),

		numExperts: f.numExperts, k: k,
	}
}

// feed adds to x what the chosen experts and the shared one make of s.norm. An expert's weight scales what goes in,
// not what comes out (§2.7).
func (m *moe) feed(o ops.Ops, s scratch, x *ops.Tensor) {
	o.Router(s.moe.choice, s.norm, m.router, nil)
	if x.Dim(1) == 1 {
		o.SwigluIDVec(s.moe.one, s.norm, s.moe.choice, m.Experts)
		o.MulMatIDVec(x, s.moe.one, s.moe.choice, m.Experts)
		return
	}
	m.feedRouted(o, s, x)
	m.feedShared(o, s, x)
}

// feedRouted takes the tokens expert by expert, so that an expert's weights are read once.
func (m *moe) feedRouted(o ops.Ops, s scratch, x *ops.Tensor) {
	o.GroupTokens(s.moe.groups, s.moe.choice)
	o.MulMatID(ops.ProductID{Dst: s.moe.gateUp, X: s.norm, W: []*ops.Tensor{m.Gate, m.Up}, Choice: s.moe.choice, Groups: s.moe.groups})
	o.Swiglu(s.moe.h, s.moe.gateUp)
	o.MulMatID(ops.ProductID{Dst: s.moe.y, X: s.moe.h, W: []*ops.Tensor{m.Down}, Choice: s.moe.choice, Groups: s.moe.groups, PerChoice: true})
	o.AddExperts(x, s.moe.y)
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
