package loader

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/store"
)

// Read returns n bytes of a part of the model from offset on; the range must be within the file. Chunks that are not
// stored are fetched first, each once for all concurrent readers, also while downloads are paused; the fetch continues
// as long as the ctx of one of them has not ended. A chunk that has vanished from the store, or has other bytes than
// were stored, is fetched again, once. The caller releases the Blob.
//
// Errors: those of Download; storage_error if the store loses what it has just stored. For those that mean
// that the server cannot be reached fetch.IsUnreachable is true, and fetch.RetryPolicy retries them.
func (m *Model) Read(ctx context.Context, partNo int, offset, n int64) (b Blob, err error) {
	p := m.parts[partNo]
	err = p.retryIfLost(ctx, offset, n, func() (lost bool, err error) {
		if lost, err = p.ensureRange(ctx, offset, n, demand, &m.waiting); err != nil {
			return lost, err
		}
		b, err = p.store.Read(ctx, p.file.ID, offset, n)
		return vanished(err), err
	})
	return b, m.explain(p, err)
}

// StoreRange stores the chunks of a range in the background, and reads nothing. It does nothing if they are stored.
func (m *Model) StoreRange(ctx context.Context, partNo int, offset, n int64) error {
	p := m.parts[partNo]
	return m.explain(p, p.retryIfLost(ctx, offset, n, func() (lost bool, err error) {
		return p.ensureRange(ctx, offset, n, background, &m.storing)
	}))
}

// Waiting returns why StoreRange waits for the network; "" if it does not.
func (m *Model) Waiting() string {
	m.whyMu.Lock()
	defer m.whyMu.Unlock()
	return m.why
}

func (m *Model) setWhy(cause error) {
	m.whyMu.Lock()
	defer m.whyMu.Unlock()
	m.why = ""
	if cause != nil {
		m.why = cause.Error()
	}
}

// explain adds the name of the file to an error and, if the store is full, how many bytes are needed.
func (m *Model) explain(p *part, err error) error {
	if err == nil {
		return nil
	}
	return m.explainStorageFull(withFileName(p.name, err))
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

// FetchedAgain returns how many chunks were fetched again since the model was opened, because the store had lost them
// or had other bytes than it was given.
func (m *Model) FetchedAgain() (n int) {
	for _, p := range m.parts {
		p.mu.Lock()
		n += p.again
		p.mu.Unlock()
	}
	return n
}

// chunkRange returns the chunks that contain a range of bytes: those from first up to but not including end.
func chunkRange(offset, n int64) (first, end int) {
	if n == 0 {
		return 0, 0
	}
	return int(offset / store.ChunkBytes), int((offset + n + store.ChunkBytes - 1) / store.ChunkBytes)
}

// retryIfLost calls attempt. If attempt reports that the store has lost bytes of the range, retryIfLost finds out which
// chunks are left and calls attempt once more.
func (p *part) retryIfLost(ctx context.Context, offset, n int64, attempt func() (lost bool, err error)) error {
	lost, err := attempt()
	if lost {
		if err = p.recheckRange(ctx, offset, n); err == nil {
			lost, err = attempt()
		}
		if lost {
			err = storageUnreliable(err)
		}
	}
	if err == nil {
		p.mu.Lock()
		p.losses = 0
		p.mu.Unlock()
	}
	return err
}

func storageUnreliable(err error) error {
	e := errs.Wrap(errs.StorageError, "the browser's storage does not keep the model: bytes vanished from it and are not "+
		"there again after a new download; free space on the disk and load the model again", err)
	e.Retryable = false // a second download did not help
	return e
}

// ensureRange stores the chunks of a range one after another. Several ranges may be stored concurrently. lost reports
// that an error is the store's. waiting, which may be nil, counts the range while it waits for the network.
func (p *part) ensureRange(ctx context.Context, offset, n int64, urgency priority,
	waiting *waitCounter) (lost bool, err error) {
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		report, stop := waiting.watch()
		err := p.ensureChunk(ctx, chunk, urgency, report)
		stop()
		if err != nil {
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
// Concurrent readers that miss the same chunks call it one after another; the second call changes nothing. Errors:
// storage_error if the store has lost a chunk that was fetched again already.
func (p *part) recheckRange(ctx context.Context, offset, n int64) error {
	p.recheckMu.Lock()
	defer p.recheckMu.Unlock()
	_, known, err := p.store.Find(ctx, p.file.ID)
	if err != nil {
		return err
	}
	if !known {
		return p.recreateRecord(ctx)
	}
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		if p.has(chunk) && !p.chunkReadable(ctx, chunk) && !p.lose(chunk) {
			return storageUnreliable(nil)
		}
	}
	return nil
}

// lose records that the store has lost a chunk. It reports whether that is the first time.
func (p *part) lose(chunk int) (first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.Chunks[chunk] = false
	p.lost[chunk]++
	p.again++
	return p.lost[chunk] == 1
}

// chunkReadable reports whether the store can still read a chunk's last byte.
func (p *part) chunkReadable(ctx context.Context, chunk int) bool {
	b, err := p.store.Read(ctx, p.file.ID, int64(chunk)*store.ChunkBytes+p.file.ChunkLen(chunk)-1, 1)
	if err != nil {
		return !vanished(err)
	}
	b.Release()
	return true
}
