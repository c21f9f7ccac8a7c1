package model

import (
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/ops"
)

// MoENetwork is a Network some of whose layers are mixtures of experts. It also offers such a layer in three parts, so
// that experts can be loaded between them: AttentionAndRouter, then RoutedExperts as often as it takes until every
// chosen expert has been computed, then SharedExpert. For several tokens they compute together what Layer computes, to
// the bit.
//
// For one token, Layer has the router of a layer write column l of Routing.Choices and read column l of
// PagedExperts.Table, where l counts only layers with experts.
type MoENetwork interface {
	Network

	// Experts returns the matrices of layer i's experts; ok is false for a dense layer.
	Experts(i int) (e ops.Experts, ok bool)

	// NumExpertsUsed returns how many routed experts a token uses in a layer.
	NumExpertsUsed(o Options) int

	// Routing returns the tensors that routers write. They exist after Prepare.
	Routing() Routing

	// AttentionAndRouter calls the ops of layer i before those of its experts. See Layer.
	AttentionAndRouter(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache)

	// RoutedExperts calls the ops of layer i's routed experts for some tokens. slots U32 [numExperts] has the slot of each
	// expert, or ops.Missing for one that another call computes.
	RoutedExperts(o ops.Ops, i, tokens int, slots *ops.Tensor)

	// SharedExpert calls the ops that add the outputs of the routed experts to x, and the rest of layer i.
	SharedExpert(o ops.Ops, i int, x *ops.Tensor)
}

// Routing is the tensors that the routers of an MoENetwork write.
type Routing struct {
	Choices *ops.Tensor // U32 [ops.ChoiceWords·numExpertsUsed, layers with experts]: of the last token computed alone
	Groups  *ops.Tensor // U32, as ops.GroupTokens makes it: of the last AttentionAndRouter
}

// RoutedTensors describes the tensors of a file that hold routed experts, which can be paged.
type RoutedTensors struct {
	NumExperts     int // experts of a layer
	NumExpertsUsed int // experts that a token uses in a layer

	// [layer with experts]: gate and up [hidden, width, NumExperts], down [width, hidden, NumExperts], without data
	Layers [][]*ops.Tensor
}

// RoutedTensorsOf returns the routed tensors of a header that has passed Check. A dense model has no Layers.
func RoutedTensorsOf(f Family, header Source, o Options) (r RoutedTensors) {
	network, ok := f.Bind(&Weights{source: header, taken: map[string]bool{}}).(MoENetwork)
	if !ok {
		return r
	}
	for i := range f.Config().NumLayers {
		if e, ok := network.Experts(i); ok {
			r.Layers = append(r.Layers, []*ops.Tensor{e.Gate, e.Up, e.Down})
			r.NumExperts = e.Gate.Dim(2)
		}
	}
	r.NumExpertsUsed = network.NumExpertsUsed(o)
	return r
}
