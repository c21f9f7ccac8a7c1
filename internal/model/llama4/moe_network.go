package llama4

import (
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

var _ model.MoENetwork = (*network)(nil)

// NumExpertsUsed returns the number of routed experts that a token uses in a layer.
func (f *family) NumExpertsUsed(o model.Options) int {
	if o.NumExpertsUsed > 0 {
		return min(o.NumExpertsUsed, f.numExperts)
	}
	return f.numExpertsUsed
}

// Experts returns the matrices of the experts of layer i; ok is false for a dense layer.
func (n *network) Experts(i int) (e ops.Experts, ok bool) {
	if m := n.layers[i].moe; m != nil {
		return m.Experts, true
	}
	return ops.Experts{}, false
}

// Routing returns the tensors that routers write.
func (n *network) Routing() model.Routing {
	return model.Routing{Choices: n.scratch.moe.choices, Groups: n.scratch.moe.groups}
}

// AttentionAndRouter computes the attention of layer i, the norm and the router.
func (n *network) AttentionAndRouter(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache) {
	s := n.scratch.rows(x.Dim(1))
	n.attentionAndNorm(o, i, s, x, step, c)
	n.layers[i].moe.route(o, s)
}

// RoutedExperts computes the experts of layer i that have a slot.
func (n *network) RoutedExperts(o ops.Ops, i, tokens int, slots *ops.Tensor) {
	n.layers[i].moe.routedExperts(o, n.scratch.rows(tokens), slots)
}

// SharedExpert adds the outputs of the routed experts and of the shared expert to x.
func (n *network) SharedExpert(o ops.Ops, i int, x *ops.Tensor) {
	n.layers[i].moe.addExperts(o, n.scratch.rows(x.Dim(1)), x)
}
