package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/loader"
)

// Paging chooses how many of a model's routed experts are on the GPU, and how the others are loaded. It changes how
// long a token takes, never which token it is.
type Paging struct {
	Slots    int    // slots of each layer; 0: one for every expert, unless the GPU's limits do not allow it
	SlotsOf  []int  // [layer with experts]: its slots; nil: as Slots says
	Policy   string // which experts are evicted, as experts.NewPolicy takes it; "": experts.DefaultPolicy
	Prefetch bool   // also load experts that are likely to be used next
	OnDemand bool   // DownloadExperts does nothing: an expert that no token uses is never downloaded

	// OnWaiting is called with the reason when an answer begins to wait because the network is unreachable, and with
	// nil when it continues. May be nil.
	OnWaiting func(why error)

	// Trace is called with the experts that each token of an answer used: [layer with experts][choice], best first. May be
	// nil.
	Trace func(experts [][]int)
}

// openPager allocates the slots, in e.weights under the names of the stacks, and makes the pager. What it has allocated
// when it fails is freed by e.Close.
func (e *Engine) openPager(files *loader.Model, y *placement, o Paging) error {
	io := &expertIO{backend: e.backend, files: files, placement: y}
	io.reading.OnWaiting = o.OnWaiting
	err := io.alloc(e.weights)
	e.placement, e.table, e.onDemand = y, io.table, o.OnDemand
	if err != nil {
		return err
	}
	e.pager, err = experts.NewExpertPager(y.shape, io, y.ranges,
		experts.Options{Policy: o.Policy, Prefetch: o.Prefetch, Trace: o.Trace})
	return err
}

// DownloadExperts stores the experts of a paged model that are not stored, in the background: reads that a token waits
// for go first. It may run beside everything else, until Close. It waits while the network is unreachable. Errors: the
// others of loader.Model.StoreRange; ctx.Err(); context.Canceled after Close.
func (e *Engine) DownloadExperts(ctx context.Context) error {
	if e.pager == nil || e.onDemand {
		return nil
	}
	return e.pager.StoreExperts(ctx)
}

// pagingStats returns what the pager has counted so far; zeros when nothing is paged.
func (e *Engine) pagingStats() experts.Stats {
	if e.pager == nil {
		return experts.Stats{}
	}
	return e.pager.Stats()
}

// SlotBytes returns the size of a paged model's slots on the GPU; 0 when nothing is paged.
func (e *Engine) SlotBytes() int64 {
	if e.placement == nil {
		return 0
	}
	return e.placement.slotBytes()
}

// NumExperts returns how many routed experts of a paged model the GPU has slots for, and how many there are; zeros when
// nothing is paged.
func (e *Engine) NumExperts() (onGPU, all int) {
	if e.placement == nil {
		return 0, 0
	}
	shape := e.placement.shape
	for _, n := range shape.Slots {
		onGPU += n
	}
	return onGPU, len(shape.Slots) * shape.NumExperts
}
