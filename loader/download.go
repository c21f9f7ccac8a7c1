package loader

import (
	"context"
	"fmt"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/gguf"
)

// parallelFetches is how many chunks are fetched at once, at most: the storage worker decides how many connections they
// have.
const parallelFetches = 8

// maxDownloads is how often a download looks for chunks that are missing. It starts over if the store is cleared.
const maxDownloads = 3

// Download stores the chunks that contain tensors and are not stored yet, in the order given; without tensors, the
// whole model. It compares files that are complete then with their published hashes. What arrived before an error or
// the end of ctx stays stored. report may be nil. Errors: no_ranges, no_cors, not_found, http_status, connection_lost,
// file_changed, integrity, storage_full, storage_error.
func (m *Model) Download(ctx context.Context, tensors []gguf.Tensor, report func(Progress)) error {
	chunks := m.chunksOf(tensors)
	for range maxDownloads {
		if err := m.downloadMissing(ctx, chunks, report); err != nil {
			return m.explainStorageFull(err)
		}
		if len(m.missingChunks(chunks)) == 0 {
			return m.CheckPublished(ctx, report)
		}
	}
	return storageUnreliable(nil)
}

// downloadMissing stores those of the chunks that are missing now.
func (m *Model) downloadMissing(ctx context.Context, chunks []chunk, report func(Progress)) error {
	missing := m.missingChunks(chunks)
	total := m.chunkBytes(chunks)
	meter := newProgressMeter(PhaseDownload, total, report)
	meter.addStored(total - m.chunkBytes(missing))
	if err := m.ensureChunks(ctx, missing, meter); err != nil {
		return err
	}
	meter.finish()
	return nil
}

// MissingBytes returns how many bytes Download would fetch for tensors, or for the whole model without them. It is 0 if
// they can be loaded without the network.
func (m *Model) MissingBytes(tensors []gguf.Tensor) int64 {
	return m.chunkBytes(m.missingChunks(m.chunksOf(tensors)))
}

func (m *Model) missingChunks(chunks []chunk) (missing []chunk) {
	for _, c := range chunks {
		if !m.parts[c.part].has(c.index) {
			missing = append(missing, c)
		}
	}
	return missing
}

// chunkBytes returns the number of bytes of chunks.
func (m *Model) chunkBytes(chunks []chunk) (n int64) {
	for _, c := range chunks {
		n += m.parts[c.part].file.ChunkLen(c.index)
	}
	return n
}

// ensureChunks stores chunks in order, parallelFetches at a time. The first error ends it. It returns when none of its
// fetches is running, except those that other callers wait for too.
func (m *Model) ensureChunks(ctx context.Context, chunks []chunk, meter *progressMeter) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan chunk)
	var workers sync.WaitGroup
	for range min(parallelFetches, len(chunks)) {
		workers.Go(func() {
			for c := range queue {
				p := m.parts[c.part]
				if err := p.ensureChunk(ctx, c.index, foreground, meter.startPiece()); err != nil {
					cancel(withFileName(p.name, err))
					return
				}
			}
		})
	}
	for _, c := range chunks {
		select {
		case queue <- c:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	workers.Wait()
	return contextError(ctx)
}

// contextError returns the error that ended ctx, nil if it has not ended.
func contextError(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == nil {
		return nil
	}
	if cause == context.Canceled || cause == context.DeadlineExceeded {
		return abortedError(cause)
	}
	return cause
}

// explainStorageFull adds to an error of code storage_full how many bytes of the model are stored and how many more are
// needed; it returns other errors as they are.
func (m *Model) explainStorageFull(err error) error {
	stored := int64(0)
	for _, p := range m.parts {
		stored += p.storedBytes()
	}
	return explainStorageFull(err, stored, m.Bytes())
}

// explainStorageFull is Model.explainStorageFull for total bytes of which stored are stored.
func explainStorageFull(err error, stored, total int64) error {
	e := *errs.Of(err)
	if e.Code != errs.StorageFull {
		return err
	}
	e.Message = fmt.Sprintf("the browser's storage is full: %s of %s are stored and kept, %s more are needed; "+
		"free space on the disk or delete another model, then load this one again",
		megabytes(stored), megabytes(total), megabytes(total-stored))
	return &e
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
