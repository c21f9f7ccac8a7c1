package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// PagedExperts makes a model a paged one: only some of its routed experts are on the device, in slots.
type PagedExperts struct {
	Table  *ops.Tensor // U32 [numExperts, layers with experts]: the slot of each expert, or ops.Missing
	Loader ExpertLoader
}

// ExpertLoader loads experts into slots and keeps PagedExperts.Table up to date. Layers are those with experts, from 0.
// The model calls its methods on its goroutine. What the loader does changes how long a token takes, never which token
// it is.
type ExpertLoader interface {
	// LoadExperts loads experts of a layer, at most as many as it has slots. When it returns, ops that are queued later
	// find the experts in their slots and in the table. They stay there until Release or TokenDone.
	LoadExperts(ctx context.Context, layer int, experts []int) error

	// Slot returns the slot of an expert, or ops.Missing.
	Slot(layer, expert int) uint32

	// Release says that everything which needs the loaded experts has been queued.
	Release()

	// TokenDone is Release after a token. used has the experts that the token used in each layer.
	TokenDone(used [][]int)

	// PrefetchLayer says that a batch of tokens is about to reach a layer.
	PrefetchLayer(layer, tokens int)
}
