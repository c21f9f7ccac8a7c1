package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Upload copies a weight's file bytes to the device and repacks the types whose blocks are not whole words. It waits
// while many bytes are queued already. Errors: ErrDeviceLost.
func (b *Backend) Upload(t *ops.Tensor, offset int64, blob ops.Blob) error {
	unit, size := int64(ops.UploadUnit(t)), blob.Len()
	if whole := fileBytes(t); offset%unit != 0 || offset+size > whole || size%unit != 0 && offset+size != whole {
		return errs.New(errs.Internal, fmt.Sprintf("bytes %d to %d of %v cannot be uploaded: want multiples of %d within %d",
			offset, offset+size, t, unit, whole))
	}
	for from, step := int64(0), device.MaxWriteBytes/unit*unit; from < size; from += step {
		if err := b.uploadRange(t, offset, blob, from, min(step, size-from)); err != nil {
			return err
		}
	}
	return b.takeError()
}

// uploadRange uploads bytes from … from+n-1 of a blob that begins at byte offset of t in the file.
func (b *Backend) uploadRange(t *ops.Tensor, offset int64, blob ops.Blob, from, n int64) error {
	if _, ok := repacked[t.Type]; !ok {
		return b.uploadBytes(t, offset+from, blob, from, n)
	}
	if err := b.growUploads(n); err != nil {
		return err
	}
	if err := b.uploadBytes(b.uploads, 0, blob, from, n); err != nil {
		return err
	}
	block := int64(t.Type.BlockBytes())
	b.repack(t, int((offset+from)/block), int(n/block))
	return nil
}

// uploadBytes copies n bytes of a blob into t, unchanged.
func (b *Backend) uploadBytes(t *ops.Tensor, at int64, blob ops.Blob, from, n int64) error {
	if err := b.dev.Upload(bufferOf(t), at, blob, from, n); err != nil {
		return device.Refused("the upload of "+t.Name, err)
	}
	return nil
}

// growUploads makes b.uploads large enough for n bytes of a file.
func (b *Backend) growUploads(n int64) error {
	words := ceilDiv(int(n), 4) + 1 // unaligned loads of the kernel read one word ahead
	if b.uploads != nil && b.uploads.Dim(0) >= words {
		return nil
	}
	if b.uploads != nil {
		b.Free(b.uploads)
		b.uploads = nil
	}
	uploads, err := b.Alloc("upload", quant.U32, words)
	b.uploads = uploads
	return err
}
