package loader

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/store"
)

// Read returns n bytes of a part of the model from offset on; the range must be within the file. Chunks that are not
// stored are fetched first, each once for all concurrent readers; the fetch continues as long as the ctx of one of them
// has not ended. A chunk that has vanished from the store is fetched again, once. The caller releases the Blob.
//
// Errors: those of Download; storage_error if the store loses what it has just stored. For those that mean
// that the server cannot be reached fetch.IsUnreachable is true, and fetch.RetryPolicy retries them.
func (m *Model) Read(ctx context.Context, partNo int, offset, n int64) (b Blob, err error) {
	err = m.retryIfVanished(ctx, partNo, offset, n, func(p *part) (lost bool, err error) {
		if lost, err = p.ensureRange(ctx, m.store, offset, n); err != nil {
			return lost, err
		}
		b, err = m.store.Read(ctx, p.file.ID, offset, n)
		return vanished(err), err
	})
	return b, err
}

// StoreRange stores the chunks of a range, as Read does, and reads nothing. It does nothing if they are stored.
func (m *Model) StoreRange(ctx context.Context, partNo int, offset, n int64) error {
	return m.retryIfVanished(ctx, partNo, offset, n, func(p *part) (lost bool, err error) {
		return p.ensureRange(ctx, m.store, offset, n)
	})
}

// Has reports whether a range is stored, as far as is known without asking the store.
func (m *Model) Has(part int, offset, n int64) bool {
	p := m.parts[part]
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		if !p.has(chunk) {
			return false
		}
	}
	return true
}

// chunkRange returns the chunks that contain a range of bytes: those from first up to but not including end.
func chunkRange(offset, n int64) (first, end int) {
	if n == 0 {
		return 0, 0
	}
	return int(offset / store.ChunkBytes), int((offset + n + store.ChunkBytes - 1) / store.ChunkBytes)
}

// retryIfVanished calls attempt. If attempt reports that the store has lost bytes of the range, retryIfVanished finds
// out which chunks are left and calls attempt once more.
func (m *Model) retryIfVanished(ctx context.Context, partNo int, offset, n int64,
	attempt func(*part) (lost bool, err error)) error {
	p := m.parts[partNo]
	lost, err := attempt(p)
	if lost {
		if err = p.recheckRange(ctx, m.store, offset, n); err == nil {
			lost, err = attempt(p)
		}
		if lost {
			err = storageUnreliable(err)
		}
	}
	if err != nil {
		return m.explainStorageFull(withFileName(p.name, err))
	}
	return nil
}

func storageUnreliable(err error) error {
	e := errs.Wrap(errs.StorageError, "the browser's storage does not keep the model: bytes vanished from it and are not "+
		"there again after a new download; free space on the disk and load the model again", err)
	e.Retryable = false // a second download did not help
	return e
}

// ensureRange stores the chunks of a range one after another. Several ranges may be stored concurrently. lost reports
// that an error is the store's.
func (p *part) ensureRange(ctx context.Context, st store.Store, offset, n int64) (lost bool, err error) {
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		if err := p.ensureChunk(ctx, st, chunk, nil); err != nil {
			return errs.Of(err).Code == errs.StorageError, err
		}
	}
	return false, nil
}

// vanished reports whether an error of store.Store.Read says that stored bytes have been lost.
func vanished(err error) bool {
	if err == nil {
		return false
	}
	code := errs.Of(err).Code
	return code == errs.StorageError || code == errs.Integrity
}

// recheckRange asks the store which chunks of a range it still has, and creates the file's record again if it is gone.
// Concurrent readers that miss the same chunks call it one after another; the second call changes nothing.
func (p *part) recheckRange(ctx context.Context, st store.Store, offset, n int64) error {
	p.recheckMu.Lock()
	defer p.recheckMu.Unlock()
	_, known, err := st.Find(ctx, p.file.ID)
	if err != nil {
		return err
	}
	if !known {
		return p.recreateRecord(ctx, st)
	}
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		if !p.chunkReadable(ctx, st, chunk) {
			p.setChunk(chunk, false)
		}
	}
	return nil
}

// chunkReadable reports whether the store can still read a chunk's last byte.
func (p *part) chunkReadable(ctx context.Context, st store.Store, chunk int) bool {
	b, err := st.Read(ctx, p.file.ID, int64(chunk)*store.ChunkBytes+p.file.ChunkLen(chunk)-1, 1)
	if err != nil {
		return !vanished(err)
	}
	b.Release()
	return true
}

// recreateRecord creates the file's record again, of the same kind and without chunks.
func (p *part) recreateRecord(ctx context.Context, st store.Store) error {
	file, err := st.OpenFile(ctx, p.file.ID, p.file.Info, p.file.Kind)
	if err != nil {
		return err
	}
	p.setChunks(file)
	return nil
}
