package loader

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/store"
)

// Read gives n bytes of a file of the model from offset on, which must lie within it. Chunks that are not in the store
// are brought there first, each once however many readers want it; one that a reader waits for goes on when another
// reader's ctx ends. A chunk that has vanished from the store is fetched again, once. The caller releases the Blob.
//
// Errors: those of Download; storage_error when the store does not keep what it is given. fetch.Away tells which of them
// mean that the network is away, and fetch.RetryPolicy waits for its return.
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

// Keep brings a range into the store, as Read, and gives nothing. A range that is there costs nothing.
func (m *Model) StoreRange(ctx context.Context, partNo int, offset, n int64) error {
	return m.retryIfVanished(ctx, partNo, offset, n, func(p *part) (lost bool, err error) {
		return p.ensureRange(ctx, m.store, offset, n)
	})
}

// Has reports whether a range is in the store, as far as is known without looking.
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

// covering gives the chunks in which a range lies, up to but not with end.
func chunkRange(offset, n int64) (first, end int) {
	if n == 0 {
		return 0, 0
	}
	return int(offset / store.ChunkBytes), int((offset + n + store.ChunkBytes - 1) / store.ChunkBytes)
}

// mending attempts something with a range, and once more after mending it when the store has lost bytes.
func (m *Model) retryIfVanished(ctx context.Context, partNo int, offset, n int64, attempt func(*part) (lost bool, err error)) error {
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
		return m.explain(withFileName(p.name, err))
	}
	return nil
}

func storageUnreliable(err error) error {
	return errs.Wrap(errs.StorageError, "the browser's storage does not keep the model: bytes vanished from it and are not "+
		"there again after a new download; free space on the disk and load the model again", err)
}

// keep fills the chunks of a range one after another: whoever is in a hurry asks for several ranges at once. lost says
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

// vanished reports whether an error of store.Store.Read says that bytes which were stored are not any more.
func vanished(err error) bool {
	if err == nil {
		return false
	}
	code := errs.Of(err).Code
	return code == errs.StorageError || code == errs.Integrity
}

// mend finds out what is left of a range and forgets the chunks that are not, or all when the file's record is gone.
// Readers that find the same gap mend it one after another; the second finds nothing to do.
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

// whole reports whether the store still gives a chunk's last byte.
func (p *part) chunkReadable(ctx context.Context, st store.Store, chunk int) bool {
	b, err := st.Read(ctx, p.file.ID, int64(chunk)*store.ChunkBytes+p.file.ChunkLen(chunk)-1, 1)
	if err != nil {
		return !vanished(err)
	}
	b.Release()
	return true
}

// addAgain makes a new record in place of one that is gone.
func (p *part) recreateRecord(ctx context.Context, st store.Store) error {
	if _, err := st.Add(ctx, p.file.ID, p.file.Info); err != nil {
		return err
	}
	file, err := st.Move(ctx, p.file.ID, p.file.Kind)
	if err != nil {
		return err
	}
	p.setChunks(file)
	return nil
}
