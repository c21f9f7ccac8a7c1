package llama4

import (
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

// denseScratch is the tensors between the two halves of a dense layer's feed-forward.
type denseScratch struct {
	gateUp *ops.Tensor // [2·width, n], used when n > 1
	h      *ops.Tensor // [width, n]
}

// newDenseScratch makes the tensors for batches of up to batchSize tokens.
func newDenseScratch(a *model.Arena, width, batchSize int) denseScratch {
	return denseScratch{gateUp: a.F32("gate_up", 2*width, batchSize), h: a.F32("ffn", width, batchSize)}
}

// feedForward adds the gated feed-forward of s.norm to x.
func (d *dense) feedForward(o ops.Ops, s scratch, x *ops.Tensor) {
	if x.Dim(1) == 1 {
		o.SwigluVec(s.dense.h, s.norm, d.gate, d.up)
	} else {
		o.MulMat(ops.Product{Dst: s.dense.gateUp, X: s.norm, W: []*ops.Tensor{d.gate, d.up}})
		o.Swiglu(s.dense.h, s.dense.gateUp)
	}
	model.Multiply(o, ops.Product{Dst: x, X: s.dense.h, W: []*ops.Tensor{d.down}, Add: true})
}

// rows are views for the first n tokens; none where no layer is dense.
func (s denseScratch) rows(n int) denseScratch {
	if s.h == nil {
		return s
	}
	return denseScratch{s.gateUp.Rows(0, n), s.h.Rows(0, n)}
}
