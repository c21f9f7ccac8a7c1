package engine

import (
	"context"
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
)

// The table that package experts makes is read by routers: both must mean the same by a missing expert.
var _ = [1]struct{}{}[experts.Missing-ops.Missing]

// expertIO is the experts.IO of a model: it reads from its files and writes to slots on the GPU. While the network is
// unreachable it waits.
type expertIO struct {
	backend   ops.Backend
	files     *loader.Model
	placement *placement
	reading   fetch.RetryPolicy // of reads that a token may wait for: it tells the user
	storing   fetch.RetryPolicy // of reads in the background: it does not
	slots     [][]*ops.Tensor   // [layer with experts]: gate and up [hidden, width, slots], down [width, hidden, slots]
	table     *ops.Tensor       // U32 [numExperts, layers with experts]
}

// alloc allocates the slots, as weights with the names of the stacks, and the table.
func (s *expertIO) alloc(weights map[string]*ops.Tensor) (err error) {
	for layer, stacks := range s.placement.stacks {
		var slots []*ops.Tensor
		for _, t := range stacks {
			w, err := s.backend.Alloc(t.Name, t.Type, t.Dims[0], t.Dims[1], s.placement.shape.Slots[layer])
			if err != nil {
				return err
			}
			weights[t.Name] = w
			slots = append(slots, w)
		}
		s.slots = append(s.slots, slots)
	}
	s.table, err = s.backend.Alloc("experts.table", quant.U32, s.placement.shape.NumExperts, len(s.slots))
	return err
}

// Read implements experts.IO. It waits for the network until ctx ends.
func (s *expertIO) Read(ctx context.Context, r experts.Range) (blob experts.Blob, err error) {
	err = s.reading.Do(ctx, func() (err error) {
		blob, err = s.files.Read(ctx, r.Part, r.Offset, r.Bytes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return blob, nil
}

// Store implements experts.IO. It waits for the network until ctx ends.
func (s *expertIO) Store(ctx context.Context, r experts.Range) error {
	return s.storing.Do(ctx, func() error { return s.files.StoreRange(ctx, r.Part, r.Offset, r.Bytes) })
}

// Upload implements experts.IO.
func (s *expertIO) Upload(layer, slot int, r experts.Range, b experts.Blob) error {
	return s.backend.Upload(s.slots[layer][r.Matrix], int64(slot)*s.placement.matrixBytes(layer, r.Matrix)+r.At, b)
}

// WriteTable implements experts.IO. It writes the whole table: three kilobytes for Scout.
func (s *expertIO) WriteTable(table []uint32) error {
	data := make([]byte, 0, 4*len(table))
	for _, slot := range table {
		data = binary.LittleEndian.AppendUint32(data, slot)
	}
	return s.backend.Write(s.table, 0, data)
}
