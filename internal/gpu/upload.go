package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// pieceBytes bounds what one queue write copies at a time: the browser keeps a second copy until the GPU has it.
const pieceBytes = 16 << 20

// Upload copies a weight's file bytes to the device, repacking the types whose blocks are not whole words. It waits
// when the device has several pieces waiting already. Errors: ErrDeviceLost.
func (b *Backend) Upload(t *ops.Tensor, offset int64, blob ops.Blob) error {
	unit, size := int64(ops.UploadUnit(t)), blob.Len()
	if whole := fileBytes(t); offset%unit != 0 || offset+size > whole || size%unit != 0 && offset+size != whole {
		return errs.New(errs.Internal, fmt.Sprintf("bytes %d to %d are no piece of %v: want multiples of %d within %d",
			offset, offset+size, t, unit, whole))
	}
	for from, step := int64(0), pieceBytes/unit*unit; from < size; from += step {
		if err := b.piece(t, offset, blob, from, min(step, size-from)); err != nil {
			return err
		}
	}
	return b.report()
}

// piece uploads bytes from..from+n of a blob that begins at offset in t's file bytes.
func (b *Backend) piece(t *ops.Tensor, offset int64, blob ops.Blob, from, n int64) error {
	if _, ok := split[t.Type]; !ok {
		return b.put(t, offset+from, blob, from, n)
	}
	if err := b.growRaw(n); err != nil {
		return err
	}
	if err := b.put(b.raw, 0, blob, from, n); err != nil {
		return err
	}
	block := int64(t.Type.BlockBytes())
	b.repack(t, int((offset+from)/block), int(n/block))
	return nil
}

func (b *Backend) put(t *ops.Tensor, at int64, blob ops.Blob, from, n int64) error {
	if err := b.dev.put(bufferOf(t), at, blob, from, n); err != nil {
		return broken("the upload of "+t.Name, err)
	}
	return nil
}

// growRaw makes room for n bytes as they lie in the file.
func (b *Backend) growRaw(n int64) error {
	words := ceilDiv(int(n), 4) + 1 // the kernel's unaligned loads look one word ahead
	if b.raw != nil && b.raw.Dim(0) >= words {
		return nil
	}
	if b.raw != nil {
		b.Free(b.raw)
		b.raw = nil
	}
	raw, err := b.Alloc("upload", quant.U32, words)
	b.raw = raw
	return err
}

// padded is data with zeros up to a whole word.
func padded(data []byte) []byte {
	if len(data)%4 == 0 {
		return data
	}
	return append(data[:len(data):len(data)], make([]byte, 4-len(data)%4)...)
}
