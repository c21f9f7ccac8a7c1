package engine

import (
	"context"
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
)

// shelf is an experts.Device: a model's files on one side, slots on the GPU on the other. While the network is away it
// waits.
type expertIO struct {
	backend  ops.Backend
	files    *loader.Model
	patience fetch.RetryPolicy
	layout   *placement
	slots    [][]*ops.Tensor // of each layer with experts: gate, up, down [hidden, rows, slots]
	table    *ops.Tensor     // U32 [numExperts, layers]
}

// newShelf makes room for the slots, in weights under the names of the stacks.
func newExpertIO(b ops.Backend, files *loader.Model, y *placement, weights map[string]*ops.Tensor) (*expertIO, error) {
	s := &expertIO{backend: b, files: files, layout: y}
	for layer, stacks := range y.stacks {
		var slots []*ops.Tensor
		for _, t := range stacks {
			w, err := b.Alloc(t.Name, t.Type, t.Dims[0], t.Dims[1], y.shape.Slots[layer])
			if err != nil {
				return nil, err
			}
			weights[t.Name] = w
			slots = append(slots, w)
		}
		s.slots = append(s.slots, slots)
	}
	return s, nil
}

// Read waits for the network as long as ctx allows.
func (s *expertIO) Read(ctx context.Context, r experts.Range) (blob experts.Blob, err error) {
	err = s.patience.Do(ctx, func() (err error) {
		blob, err = s.files.Read(ctx, r.Part, r.Offset, r.Bytes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return blob, nil
}

// Keep does too.
func (s *expertIO) Keep(ctx context.Context, r experts.Range) error {
	return s.patience.Do(ctx, func() error { return s.files.StoreRange(ctx, r.Part, r.Offset, r.Bytes) })
}

// fill keeps every expert.
func (s *expertIO) fill(ctx context.Context) error {
	var patience fetch.RetryPolicy // of nobody who would want to be told
	for layer := range s.layout.stacks {
		for expert := range s.layout.shape.NumExperts {
			for _, r := range s.ranges(experts.ID{Layer: layer, Expert: expert}) {
				err := patience.Do(ctx, func() error { return s.files.StoreRange(ctx, r.Part, r.Offset, r.Bytes) })
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Upload writes part of a matrix into its slot.
func (s *expertIO) Upload(layer, slot int, r experts.Range, b experts.Blob) error {
	return s.backend.Upload(s.slots[layer][r.Matrix], int64(slot)*s.matrixBytes(layer, r.Matrix)+r.At, b)
}

// WriteTable writes all of it: three kilobytes for Scout.
func (s *expertIO) WriteTable(table []uint32) error {
	data := make([]byte, 0, 4*len(table))
	for _, slot := range table {
		data = binary.LittleEndian.AppendUint32(data, slot)
	}
	return s.backend.Write(s.table, 0, data)
}

// matrixBytes is the size of one expert's matrix.
func (s *expertIO) matrixBytes(layer, matrix int) int64 {
	return s.layout.stacks[layer][matrix].Size / int64(s.layout.shape.NumExperts)
}

// maxReadBytes bounds one read, so that four of them stay within the pager's budget.
const maxReadBytes = 64 << 20

// ranges are an expert's matrices in the files, in reads that Upload takes.
func (s *expertIO) ranges(id experts.ID) (all []experts.Range) {
	for matrix, t := range s.layout.stacks[id.Layer] {
		size := s.matrixBytes(id.Layer, matrix)
		unit := int64(2 * t.Type.BlockBytes())
		for at, step := int64(0), maxReadBytes/unit*unit; at < size; at += step {
			offset := t.Offset + int64(id.Expert)*size + at
			all = append(all, experts.Range{Matrix: matrix, At: at, Part: t.Part, Offset: offset, Bytes: min(step, size-at)})
		}
	}
	return all
}

// slotBytes is what the slots take on the GPU.
func (s *expertIO) slotBytes() (n int64) {
	for layer, bytes := range s.layout.shape.ExpertBytes {
		n += bytes * int64(s.layout.shape.Slots[layer])
	}
	return n
}
