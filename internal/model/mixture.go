package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/ops"
)

// Mixture is a Network with layers that are mixtures of experts. For one token, Layer has its router write into column l
// of Routing.Choices, where l counts such layers alone, and look up slots in column l of Paged.Table. For several, such a
// layer can be had in three parts, so that experts may be brought in between: Choose, then Compute as often as it takes
// all experts to have had their turn, then Join. Together they are Layer, to the bit.
type MoENetwork interface {
	Network

	// Experts are the matrices of layer i's experts; ok is false for a layer that is dense.
	Experts(i int) (e ops.Experts, ok bool)

	// Used is how many experts a token uses in a layer.
	NumExpertsUsed(o Options) int

	// Routing is where routers write. It is there after Prepare.
	Routing() Routing

	// Choose calls the ops of layer i up to those that need experts. See Layer.
	AttentionAndRouter(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache)

	// Compute calls the ops of experts, for so many tokens. slots U32 [numExperts] says where an expert lies, or
	// ops.Missing for one that has its turn another time.
	RoutedExperts(o ops.Ops, i, tokens int, slots *ops.Tensor)

	// Join calls the ops that add to x what all experts have made, and the rest of the layer.
	SharedExpert(o ops.Ops, i int, x *ops.Tensor)
}

// Routing is where the routers of a Mixture write.
type Routing struct {
	Choices *ops.Tensor // U32 [ops.ChoiceWords·used, layers with experts]: of the last token that was computed alone
	Groups  *ops.Tensor // U32, as ops.GroupTokens makes it: of the last Choose
}

// Paged makes a model one whose experts lie on the device only in part.
type PagedExperts struct {
	Table  *ops.Tensor // U32 [numExperts, layers with experts]: the slot of each expert, or ops.Missing
	Loader ExpertLoader
}

// ExpertPager brings experts into slots and keeps Paged.Table true. Layers are those with experts, from 0. Its methods are
// called on the model's goroutine. What it does changes how long a token takes, never what it is.
type ExpertLoader interface {
	// Seat brings experts of a layer into slots, at most as many as there are, and returns when ops that are queued from
	// then on find them there and in the table. They stay until Release or Token.
	LoadExperts(ctx context.Context, layer int, experts []int) error

	// Slot is where an expert lies, or ops.Missing.
	Slot(layer, expert int) uint32

	// Release lets go of what was seated: everything that needs it is queued.
	Release()

	// Token is Release, and tells what a token used of each layer.
	TokenDone(used [][]int)

	// Next tells that so many tokens of a prompt are on their way to a layer.
	PrefetchLayer(layer, tokens int)
}

// Routed says which tensors of a file hold experts that can be paged.
type RoutedTensors struct {
	NumExperts     int             // of a layer
	NumExpertsUsed int             // by a token
	Layers         [][]*ops.Tensor // of each layer with experts: its stacks [hidden, rows, Experts], without numbers
}

// RoutedOf reads a header that has passed Check. A dense model has no layers.
func RoutedTensorsOf(f Family, header Source, o Options) (r RoutedTensors) {
	mixture, ok := f.Bind(&Weights{source: header, taken: map[string]bool{}}).(MoENetwork)
	if !ok {
		return r
	}
	for i := range f.Config().NumLayers {
		if e, ok := mixture.Experts(i); ok {
			r.Layers = append(r.Layers, []*ops.Tensor{e.Gate, e.Up, e.Down})
			r.NumExperts = e.Gate.Dim(2)
		}
	}
	r.NumExpertsUsed = mixture.NumExpertsUsed(o)
	return r
}
