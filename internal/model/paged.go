package model

import (
	"context"
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// pagedState is what a paged model has in addition. A token is queued as if no expert were missing. The first router
// that chooses a missing expert writes its number into guard, and the ops queued behind it do nothing, until the expert
// has been loaded and the token is resumed from that router.
type pagedState struct {
	PagedExperts
	MoENetwork
	routing Routing
	layers  []int       // the layers with experts, as indices of all layers
	guard   *ops.Tensor // U32 [1]: 0, or the number of a router, from 1

	// U32 [numExperts]: the slots of the experts that prefillByLayer computes together; ops.Missing for all others
	batchSlots *ops.Tensor
}

func newPagedState(a *Arena, n Network, numLayers int, p PagedExperts) *pagedState {
	s := &pagedState{PagedExperts: p, MoENetwork: n.(MoENetwork)}
	s.routing = s.Routing()
	for i := range numLayers {
		if _, ok := s.Experts(i); ok {
			s.layers = append(s.layers, i)
		}
	}
	s.guard = a.New("experts.guard", quant.U32, 1)
	s.batchSlots = a.New("experts.batch_slots", quant.U32, p.Table.Dim(0))
	return s
}

// missReport is how far the device has come with the programs queued so far.
type missReport struct {
	router  int     // number of the router that chose a missing expert, from 1; 0: none did
	pos     int     // position of the token that is stopped there, or the next position
	choices [][]int // [layer with experts][choice]: the experts of the last token
	data    []byte  // the tensor that was read back together with the report
}

// readReport starts a read-back of a missReport with all of t as its data.
func (m *Model) readReport(t *ops.Tensor) ops.Pending {
	position := ops.Slice{Tensor: m.step, N: 4}
	return m.backend.ReadBackSlices(wholeTensor(m.paged.guard), position, wholeTensor(m.paged.routing.Choices),
		wholeTensor(t))
}

// wholeTensor returns the slice that is all of a tensor of 32-bit numbers.
func wholeTensor(t *ops.Tensor) ops.Slice { return ops.Slice{Tensor: t, N: 4 * t.Shape.Elems()} }

// parseReport parses what readReport has read.
func (p *pagedState) parseReport(data []byte) missReport {
	word := func(i int) int { return int(binary.LittleEndian.Uint32(data[4*i:])) }
	r := missReport{router: word(0), pos: word(1)}
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

// resumeFrom loads the experts that a router misses, and resumes program p from that router.
func (m *Model) resumeFrom(ctx context.Context, p ops.Program, r missReport) error {
	if err := m.paged.Loader.LoadExperts(ctx, r.router-1, r.choices[r.router-1]); err != nil {
		return err
	}
	if err := m.backend.Write(m.paged.guard, 0, words(0)); err != nil {
		return err
	}
	return p.RunFrom(r.router)
}

// runToCompletion waits until program p, which has been queued and computes one token, has computed it.
func (m *Model) runToCompletion(ctx context.Context, p ops.Program) error {
	for {
		data, err := m.readReport(m.step).Wait(ctx)
		if err != nil {
			return err
		}
		r := m.paged.parseReport(data)
		if r.router == 0 {
			m.paged.Loader.TokenDone(r.choices)
			return nil
		}
		if err := m.resumeFrom(ctx, p, r); err != nil {
			return err
		}
	}
}
