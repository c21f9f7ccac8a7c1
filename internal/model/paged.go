package model

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// paged is what a model needs beside its layers when its experts are paged. Tokens are queued as if nothing were missing.
// The first router that wants a missing expert leaves its number in guard, and everything queued behind it does nothing,
// until the expert has come and the token goes on from there.
type paged struct {
	PagedExperts
	MoENetwork
	routing Routing
	layers  []int       // those with experts, of all layers
	guard   *ops.Tensor // U32 [1]: 0, or the number of a router, from 1
	turn    *ops.Tensor // U32 [numExperts]: the slots of the experts whose turn it is in a prompt
}

func newPaged(a *Arena, n Network, numLayers int, p PagedExperts) *paged {
	s := &paged{PagedExperts: p, MoENetwork: n.(MoENetwork)}
	s.routing = s.Routing()
	for i := range numLayers {
		if _, ok := s.Experts(i); ok {
			s.layers = append(s.layers, i)
		}
	}
	s.guard = a.New("experts.guard", quant.U32, 1)
	s.turn = a.New("experts.turn", quant.U32, p.Table.Dim(0))
	return s
}

// report is how far the device has come.
type report struct {
	router  int     // that misses an expert, from 1; 0: none
	pos     int     // the position it misses it for, or the next one
	choices [][]int // experts, of each layer
	data    []byte  // what was asked for
}

// ask has the device report, with all of t.
func (m *Model) report(t *ops.Tensor) ops.Pending {
	return m.backend.ReadBackSlices(whole(m.paged.guard), ops.Slice{Tensor: m.step, N: 4}, whole(m.paged.routing.Choices), whole(t))
}

// whole is all of a tensor of 32-bit numbers.
func whole(t *ops.Tensor) ops.Slice { return ops.Slice{Tensor: t, N: 4 * t.Shape.Elems()} }

func (p *paged) read(data []byte) report {
	word := func(i int) int { return int(binary.LittleEndian.Uint32(data[4*i:])) }
	r := report{router: word(0), pos: word(1)}
	at, c := 2, p.routing.Choices
	for range c.Dim(1) {
		var used []int
		for j := 0; j < c.Dim(0); j += ops.ChoiceWords {
			used = append(used, word(at+j+ops.ChoiceExpert))
		}
		r.choices = append(r.choices, used)
		at += c.Dim(0)
	}
	r.data = data[4*at:]
	return r
}

// goOn brings the experts that a router misses, and has program p go on from there.
func (m *Model) goOn(ctx context.Context, p ops.Program, r report) error {
	if err := m.paged.Loader.LoadExperts(ctx, r.router-1, r.choices[r.router-1]); err != nil {
		return err
	}
	if err := m.backend.Write(m.paged.guard, 0, words(0)); err != nil {
		return err
	}
	return p.RunFrom(r.router)
}

// finish waits until program p, which computes one token, has come to its end.
func (m *Model) finish(ctx context.Context, p ops.Program) error {
	for {
		data, err := m.report(m.step).Wait(ctx)
		if err != nil {
			return err
		}
		r := m.paged.read(data)
		if r.router == 0 {
			m.paged.Loader.TokenDone(r.choices)
			return nil
		}
		if err := m.goOn(ctx, p, r); err != nil {
			return err
		}
	}
}

// layered computes a call of several tokens layer by layer, so that only the experts of one turn have to be there at
// once. It calls the ops that an unpaged model calls, in their order. It waits for all layers but the last.
func (m *Model) layered(ctx context.Context, n int, final bool, embeddings []Embeddings) error {
	p, x := m.paged, m.x.Rows(0, n)
	begun := []func(){func() { m.begin(x, embeddings) }}
	for i := range m.config.NumLayers {
		layer := slices.Index(p.layers, i)
		if layer < 0 {
			begun = append(begun, func() { m.network.Layer(m.backend, i, x, m.step, m.cache) })
			continue
		}
		begun = append(begun, func() { p.AttentionAndRouter(m.backend, i, x, m.step, m.cache) })
		if err := m.once(begun...); err != nil {
			return err
		}
		p.Loader.PrefetchLayer(layer, n)
		if err := m.turns(ctx, layer, n); err != nil {
			return err
		}
		begun = []func(){func() { p.SharedExpert(m.backend, i, x) }}
	}
	return m.once(append(begun, func() { m.end(x, final) })...)
}

// once records a program and runs it.
func (m *Model) once(parts ...func()) error {
	p, err := m.backend.Record("layer", func() {
		for _, part := range parts {
			part()
		}
	})
	if err != nil {
		return err
	}
	defer p.Release()
	return p.Run()
}

// turns computes with the experts that n tokens have chosen, as many at once as there are slots. What is queued for one
// turn reads its slots before what the next turn brings is written there.
func (m *Model) turns(ctx context.Context, layer, n int) error {
	p, i := m.paged, m.paged.layers[layer]
	used, err := m.usedExperts(ctx)
	if err != nil {
		return err
	}
	compute, err := m.backend.Record("experts", func() { p.RoutedExperts(m.backend, i, n, p.turn) })
	if err != nil {
		return err
	}
	defer compute.Release()
	e, _ := p.Experts(i)
	for turn := range slices.Chunk(p.residentFirst(layer, used), e.Gate.Dim(2)) {
		if err := m.turnOf(ctx, layer, turn); err != nil {
			return err
		}
		if err := compute.Run(); err != nil {
			return err
		}
		p.Loader.Release()
	}
	return nil
}

// turnOf seats experts and says where.
func (m *Model) turnOf(ctx context.Context, layer int, experts []int) error {
	p := m.paged
	if err := p.Loader.LoadExperts(ctx, layer, experts); err != nil {
		return err
	}
	slots := slices.Repeat([]uint32{ops.Missing}, p.turn.Dim(0))
	for _, e := range experts {
		slots[e] = p.Loader.Slot(layer, e)
	}
	return m.backend.Write(p.turn, 0, words(slots...))
}

// usedExperts are those that the tokens of the last Choose want.
func (m *Model) usedExperts(ctx context.Context) (used []int, err error) {
	numExperts := m.paged.turn.Dim(0)
	data, err := ops.Read(ctx, m.backend, m.paged.routing.Groups, 0, 4*(numExperts+1))
	if err != nil {
		return nil, err
	}
	for e := range numExperts {
		if binary.LittleEndian.Uint32(data[4*e:]) < binary.LittleEndian.Uint32(data[4*e+4:]) {
			used = append(used, e)
		}
	}
	return used, nil
}

// residentFirst puts those that need no reading before the others, so that they are used before they are evicted.
func (p *paged) residentFirst(layer int, experts []int) []int {
	var here, away []int
	for _, e := range experts {
		if p.Loader.Slot(layer, e) == ops.Missing {
			away = append(away, e)
		} else {
			here = append(here, e)
		}
	}
	return append(here, away...)
}
