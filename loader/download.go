package loader

import (
	"context"
	"fmt"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/gguf"
)

// parallelFills is how many chunks are fetched at once: enough to hide a server's delay between two of them.
const parallelFetches = 4

// Download brings the chunks that tensors lie in into the store, as far as they are missing, in the order given, and
// returns when they are there; without tensors, the whole model. What arrived before an error or the end of ctx stays.
// report may be nil.
// Errors: no_ranges, no_cors, not_found, http_status, connection_lost, integrity (the file changed), storage_full.
func (m *Model) Download(ctx context.Context, tensors []gguf.Tensor, report func(Progress)) error {
	chunks := m.chunksOf(tensors)
	missing := m.missingChunks(chunks)
	total := m.chunkBytes(chunks)
	meter := newProgressMeter(PhaseDownload, total, report)
	meter.addStored(total - m.chunkBytes(missing))
	if err := m.ensureChunks(ctx, missing, meter); err != nil {
		return m.explain(err)
	}
	meter.finish()
	return nil
}

// Missing is how many bytes Download would bring for tensors, or for the whole model without them: 0 when they can be
// loaded without the network.
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

func (m *Model) chunkBytes(chunks []chunk) (n int64) {
	for _, c := range chunks {
		n += m.parts[c.part].file.ChunkLen(c.index)
	}
	return n
}

// fillAll fills chunks in order, several at a time. The first error ends it; it returns when nothing is under way that
// nobody else waits for.
func (m *Model) ensureChunks(ctx context.Context, chunks []chunk, meter *progressMeter) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan chunk)
	var busy sync.WaitGroup
	for range min(parallelFetches, len(chunks)) {
		busy.Go(func() {
			for c := range queue {
				p := m.parts[c.part]
				if err := p.ensureChunk(ctx, m.store, c.index, meter.startPiece()); err != nil {
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
	busy.Wait()
	return contextError(ctx)
}

// ended gives the error that ended ctx, nil while it goes on.
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

// explain adds to a full store how much room is missing.
func (m *Model) explain(err error) error {
	stored := int64(0)
	for _, p := range m.parts {
		stored += p.storedBytes()
	}
	return explainFull(err, stored, m.Bytes())
}

// explainFull says of a full store how much of what was wanted is missing; other errors stay as they are.
func explainFull(err error, stored, wanted int64) error {
	e := *errs.Of(err)
	if e.Code != errs.StorageFull {
		return err
	}
	e.Message = fmt.Sprintf("the browser's storage is full: %s of %s are stored and kept, room for %s more is missing; "+
		"free space on the disk or delete another model, then load this one again",
		megabytes(stored), megabytes(wanted), megabytes(wanted-stored))
	return &e
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// Verify hashes every stored byte again and forgets the chunks that have changed, so that Download brings them anew. It
// gives how many have.
func (m *Model) Verify(ctx context.Context) (changed int, err error) {
	for _, p := range m.parts {
		n, err := m.store.Verify(ctx, p.file.ID)
		if err != nil {
			return changed, withFileName(p.name, err)
		}
		changed += n
		if n > 0 {
			file, _, err := m.store.Find(ctx, p.file.ID)
			if err != nil {
				return changed, withFileName(p.name, err)
			}
			p.setChunks(file)
		}
	}
	return changed, nil
}
