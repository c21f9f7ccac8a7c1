package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
)

// Write copies small data into a tensor of a plain type. The queue orders it between the programs run before and
// after; offset and length are multiples of 4.
func (b *Backend) Write(t *ops.Tensor, offset int, data []byte) error {
	at, err := plainRange(t, offset, len(data))
	if err != nil {
		return err
	}
	if at%4 != 0 || len(data)%4 != 0 {
		return errs.New(errs.Internal, fmt.Sprintf("%v is written in whole words, not %d bytes at %d", t, len(data), at))
	}
	if err := b.dev.Write(bufferOf(t), int64(at), data); err != nil {
		return device.Refused("a write to "+t.Name, err)
	}
	return nil
}

// ReadBack queues a copy of n bytes of a tensor of a plain type, from byte offset on. It copies the whole words around
// them.
func (b *Backend) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	at, err := plainRange(t, offset, n)
	if deferred := b.takeDeferred(); deferred != nil {
		err = deferred
	}
	if err != nil {
		return device.FailedReadBack(err)
	}
	start, end := at/4*4, roundUp(at+n, 4)
	return b.dev.ReadBack([]device.Range{{Buffer: bufferOf(t), First: start, N: end - start}}, at-start, n)
}

// ReadBackSlices queues copies of parts of several tensors, in one read-back.
func (b *Backend) ReadBackSlices(parts ...ops.Slice) ops.Pending {
	if err := b.takeDeferred(); err != nil {
		return device.FailedReadBack(err)
	}
	ranges, total := make([]device.Range, len(parts)), 0
	for i, p := range parts {
		at, err := plainRange(p.Tensor, p.Offset, p.N)
		if err == nil && (at%4 != 0 || p.N%4 != 0) {
			err = errs.New(errs.Internal,
				fmt.Sprintf("slices of %v are read in whole words, not %d bytes at %d", p.Tensor, p.N, at))
		}
		if err != nil {
			return device.FailedReadBack(err)
		}
		ranges[i], total = device.Range{Buffer: bufferOf(p.Tensor), First: at, N: p.N}, total+p.N
	}
	return b.dev.ReadBack(ranges, 0, total)
}

// plainRange checks a byte range of t and returns its offset in the buffer behind t.
func plainRange(t *ops.Tensor, offset, n int) (int, error) {
	size := t.Type.BlockBytes()
	if t.Type.BlockWeights() != 1 {
		return 0, errs.New(errs.Internal, fmt.Sprintf("%v is repacked on the GPU; only plain types are read and written", t))
	}
	if offset < 0 || n < 0 || offset+n > size*t.Shape.Elems() {
		return 0, errs.New(errs.Internal, fmt.Sprintf("bytes %d to %d are outside %v", offset, offset+n, t))
	}
	return size*t.First + offset, nil
}
