package model

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
)

// prefillByLayer computes a batch of n tokens of a paged model layer by layer, so that the experts of a layer need not
// all be on the device at once. It calls the ops that a model with all experts on the device calls, in the same order.
// It waits for every layer with experts, and not for what follows the last of them.
func (m *Model) prefillByLayer(ctx context.Context, n int, final bool, embeddings []Embeddings) error {
	p, x := m.paged, m.x.Rows(0, n)
	pending := []func(){func() { m.embed(x, embeddings) }} // calls of ops that are not recorded yet
	for i := range m.config.NumLayers {
		layer := slices.Index(p.layers, i)
		if layer < 0 {
			pending = append(pending, func() { m.network.Layer(m.backend, i, x, m.step, m.cache) })
			continue
		}
		pending = append(pending, func() { p.AttentionAndRouter(m.backend, i, x, m.step, m.cache) })
		if err := m.runOnce(pending...); err != nil {
			return err
		}
		p.Loader.PrefetchLayer(layer, n)
		if err := m.computeExperts(ctx, layer, n); err != nil {
			return err
		}
		pending = []func(){func() { p.SharedExpert(m.backend, i, x) }}
	}
	return m.runOnce(append(pending, func() { m.finishBatch(x, final) })...)
}

// runOnce records a program and queues it once.
func (m *Model) runOnce(calls ...func()) error {
	p, err := m.backend.Record("layer", func() {
		for _, call := range calls {
			call()
		}
	})
	if err != nil {
		return err
	}
	defer p.Release()
	return p.Run()
}

// computeExperts computes the experts of a layer that n tokens have chosen, as many at once as the layer has slots. The
// program for some experts is queued before the next ones are loaded, so that it reads its slots before they are
// overwritten.
func (m *Model) computeExperts(ctx context.Context, layer, n int) error {
	p, i := m.paged, m.paged.layers[layer]
	used, err := m.usedExperts(ctx)
	if err != nil {
		return err
	}
	program, err := m.backend.Record("experts", func() { p.RoutedExperts(m.backend, i, n, p.batchSlots) })
	if err != nil {
		return err
	}
	defer program.Release()
	e, _ := p.Experts(i)
	for some := range slices.Chunk(p.residentFirst(layer, used), e.Gate.Dim(2)) {
		if err := m.loadBatch(ctx, layer, some); err != nil {
			return err
		}
		if err := program.Run(); err != nil {
			return err
		}
		p.Loader.Release()
	}
	return nil
}

// loadBatch loads experts of a layer and writes their slots to batchSlots.
func (m *Model) loadBatch(ctx context.Context, layer int, experts []int) error {
	p := m.paged
	if err := p.Loader.LoadExperts(ctx, layer, experts); err != nil {
		return err
	}
	slots := slices.Repeat([]uint32{ops.Missing}, p.batchSlots.Dim(0))
	for _, e := range experts {
		slots[e] = p.Loader.Slot(layer, e)
	}
	return m.backend.Write(p.batchSlots, 0, words(slots...))
}

// usedExperts returns the experts that the tokens of the last AttentionAndRouter have chosen.
func (m *Model) usedExperts(ctx context.Context) (used []int, err error) {
	numExperts := m.paged.batchSlots.Dim(0)
	starts, err := ops.Read(ctx, m.backend, m.paged.routing.Groups, 0, 4*(numExperts+1))
	if err != nil {
		return nil, err
	}
	for e := range numExperts {
		if binary.LittleEndian.Uint32(starts[4*e:]) < binary.LittleEndian.Uint32(starts[4*e+4:]) {
			used = append(used, e)
		}
	}
	return used, nil
}

// residentFirst returns experts of a layer with the resident ones first, so that they are computed before loading the
// others evicts them.
func (p *pagedState) residentFirst(layer int, experts []int) []int {
	var resident, missing []int
	for _, e := range experts {
		if p.Loader.Slot(layer, e) == ops.Missing {
			missing = append(missing, e)
		} else {
			resident = append(resident, e)
		}
	}
	return append(resident, missing...)
}
