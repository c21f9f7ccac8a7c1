package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader"
)

// pages is a model.ExpertPager: it asks package experts who comes and who goes, and for what to read ahead.
type pages struct {
	*expertIO
	pager     *experts.ExpertPager
	seated    []bool            // layers whose experts of the token under way are counted already
	predictor experts.Predictor // nil: nothing is read ahead
	chosen    func([][]int)     // may be nil
	onDemand  bool
}

func openPages(b ops.Backend, files *loader.Model, y *placement, o Paging, weights model.Source) (*pages, error) {
	layers := len(y.shape.Slots)
	if o.Policy == "" {
		o.Policy = experts.DefaultPolicy
	}
	policy, err := experts.NewPolicy(o.Policy, layers, y.shape.NumExperts)
	if err != nil {
		return nil, errs.Wrap(errs.InvalidRequest, "paging: "+err.Error(), err)
	}
	cache, err := experts.NewCache(y.shape, policy)
	if err != nil {
		return nil, err
	}
	s, err := newExpertIO(b, files, y, weights)
	if err == nil {
		s.table, err = b.Alloc("experts.table", quant.U32, y.shape.NumExperts, layers)
	}
	if err != nil {
		return nil, err
	}
	s.patience.OnWaiting = o.Waiting
	p := &pages{expertIO: s, seated: make([]bool, layers), chosen: o.Trace, onDemand: o.OnDemand}
	p.pager = experts.NewExpertPager(cache, s, s.ranges, experts.Options{})
	if o.Prefetch {
		p.predictor = experts.NewTransitions(layers, y.shape.NumExperts)
	}
	return p, p.pager.Poll() // the table, before any token looks there
}

// close waits for the reads under way.
func (p *pages) close() {
	p.pager.Close()
	p.backend.Free(p.table)
}

// Seat brings experts in.
func (p *pages) LoadExperts(ctx context.Context, layer int, wanted []int) error {
	missing, err := p.pager.Use(layer, wanted...)
	if err == nil {
		err = p.pager.StartLoads(layer, missing...)
	}
	if err != nil {
		return err
	}
	p.seated[layer] = true
	p.guess(layer, wanted[0])
	return p.pager.LoadExperts(ctx, layer, missing...)
}

// guess begins to read what is likely to follow an expert in the layers after.
func (p *pages) guess(layer, expert int) {
	if p.predictor == nil {
		return
	}
	for next := layer + 1; next < len(p.seated); next++ {
		guessed, ok := p.predictor.Predict(next, expert)
		if !ok {
			return
		}
		p.pager.PrefetchExperts(experts.ID{Layer: next, Expert: guessed})
		expert = guessed
	}
}

// Slot is where an expert lies.
func (p *pages) Slot(layer, expert int) uint32 {
	if slot, ok := p.pager.Slot(experts.ID{Layer: layer, Expert: expert}); ok {
		return uint32(slot)
	}
	return ops.Missing
}

// Release lets go.
func (p *pages) Release() {
	clear(p.seated)
	p.pager.Release(0)
}

// Token counts what a token used.
func (p *pages) TokenDone(used [][]int) {
	for layer, experts := range used {
		if !p.seated[layer] {
			p.pager.Use(layer, experts...)
		}
		if p.predictor != nil && layer > 0 {
			p.predictor.Observe(layer, used[layer-1][0], experts[0])
		}
	}
	if p.chosen != nil {
		p.chosen(used)
	}
	clear(p.seated)
	p.pager.Release(1)
	if p.predictor != nil { // a table that cannot be written now is written with the next fault, which says so
		p.pager.CancelPrefetches() // what was guessed for this token
		p.pager.Poll()
	}
}

// Next fills slots that are free with what a prompt's tokens are likely to want of a layer: with enough of them, that is
// every expert. Where no slot is free, what would have to leave is as likely to be wanted as what would come.
func (p *pages) PrefetchLayer(layer, tokens int) {
	if p.predictor == nil || tokens < p.layout.shape.NumExperts {
		return
	}
	for expert, free := 0, p.pager.NumFreeSlots(layer); expert < p.layout.shape.NumExperts && free > 0; expert++ {
		if p.Slot(layer, expert) == ops.Missing {
			p.pager.PrefetchExperts(experts.ID{Layer: layer, Expert: expert})
			free--
		}
	}
}

// Fill brings into the store what is missing there of a paged model's experts, one after another, so that those a token
// waits for overtake them. It may run beside everything else. Errors: those of loader.Model.Keep but for a network that is
// away, which it waits for; ctx.Err().
func (e *Engine) DownloadExperts(ctx context.Context) error {
	if e.pages == nil || e.pages.onDemand {
		return nil
	}
	return e.pages.fill(ctx)
}

// paging is what has happened so far.
func (e *Engine) paging() experts.Stats {
	if e.pages == nil {
		return experts.Stats{}
	}
	return e.pages.pager.Stats()
}

// SlotBytes is what the slots of a paged model take on the GPU; 0 when nothing is paged.
func (e *Engine) SlotBytes() int64 {
	if e.pages == nil {
		return 0
	}
	return e.pages.slotBytes()
}

// Experts counts the routed experts of a paged model: those that have a slot on the GPU, and all of them.
func (e *Engine) NumExperts() (onGPU, all int) {
	if e.pages == nil {
		return 0, 0
	}
	shape := e.pages.layout.shape
	for _, n := range shape.Slots {
		onGPU += n
	}
	return onGPU, len(shape.Slots) * shape.NumExperts
}
