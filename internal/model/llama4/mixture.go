package llama4

import (
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
)

var _ model.MoENetwork = (*network)(nil)

// Used is the number of routed experts for each token.
func (f *family) NumExpertsUsed(o model.Options) int {
	if o.NumExpertsUsed > 0 {
		return min(o.NumExpertsUsed, f.numExperts)
	}
	return f.numExpertsUsed
}

// Experts are those of a layer.
func (n *network) Experts(i int) (e ops.Experts, ok bool) {
	if m := n.layers[i].moe; m != nil {
		return m.Experts, true
	}
	return ops.Experts{}, false
}

// Routing is where the routers write.
func (n *network) Routing() model.Routing {
	return model.Routing{Choices: n.scratch.moe.choices, Groups: n.scratch.moe.groups}
}

// Choose goes as far as the groups.
func (n *network) AttentionAndRouter(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache) {
	s := n.scratch.rows(x.Dim(1))
	n.attentionAndNorm(o, i, s, x, step, c)
	n.layers[i].moe.choose(o, s)
}

// Compute makes the products of some experts.
func (n *network) RoutedExperts(o ops.Ops, i, tokens int, slots *ops.Tensor) {
	n.layers[i].moe.compute(o, n.scratch.rows(tokens), slots)
}

// Join adds what they made, and the shared expert.
func (n *network) SharedExpert(o ops.Ops, i int, x *ops.Tensor) {
	n.layers[i].moe.join(o, n.scratch.rows(x.Dim(1)), x)
}
