package loader

import (
	"context"

	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// readAhead is how many pieces are read from the store while the callback handles one. IndexedDB returns Blobs four
// times as fast when four are requested at once. With the piece that the callback handles that is at most 80 MiB.
const readAhead = 4

// PieceFunc is called by Load with the bytes of tensor t from byte offset on. It must not use b after it has returned.
type PieceFunc func(t gguf.Tensor, offset int64, b Blob) error

// Load reads tensors from the store and calls handle with them, in the order of the files: the pieces of each tensor
// one after another, every piece but the last a multiple of two blocks, none larger than 16 MiB. It calls handle on the
// caller's goroutine. Chunks that are not stored are fetched first. report may be nil. Errors: unsupported_tensor_type,
// before anything is read; those of Read and of handle; aborted.
func (m *Model) Load(ctx context.Context, tensors []gguf.Tensor, handle PieceFunc, report func(Progress)) error {
	total := int64(0)
	for _, t := range tensors {
		if err := t.Check(); err != nil {
			return withFileName(m.Name, err)
		}
		total += t.Size
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	meter := newProgressMeter(PhaseLoad, total, report)
	reads := m.readAll(ctx, pieces(tensors))
	defer releaseAll(reads)
	defer cancel() // before releaseAll waits for the reads
	for read := range reads {
		if err := handlePiece(<-read, handle, meter); err != nil {
			return err
		}
	}
	if err := contextError(ctx); err != nil {
		return err
	}
	meter.finish()
	return nil
}

// handlePiece calls handle with a piece that has been read, and releases it.
func handlePiece(r readResult, handle PieceFunc, meter *progressMeter) error {
	if r.err != nil {
		return r.err
	}
	err := handle(r.tensor, r.offset, r.blob)
	r.blob.Release()
	if err != nil {
		return err
	}
	meter.startPiece()(store.ChunkProgress{Received: r.n})
	return nil
}

// readResult is the result of reading a piece. The receiver releases blob.
type readResult struct {
	piece
	blob Blob
	err  error
}

// readAll reads pieces, readAhead at a time, and returns the results in order. It stops when ctx ends.
func (m *Model) readAll(ctx context.Context, all []piece) <-chan chan readResult {
	reads := make(chan chan readResult, readAhead-1)
	go func() {
		defer close(reads)
		for _, p := range all {
			read := make(chan readResult, 1)
			select {
			case reads <- read:
				go func() { read <- m.readPiece(ctx, p) }()
			case <-ctx.Done():
				return
			}
		}
	}()
	return reads
}

func (m *Model) readPiece(ctx context.Context, p piece) readResult {
	b, err := m.Read(ctx, p.tensor.Part, p.tensor.Offset+p.offset, p.n)
	return readResult{piece: p, blob: b, err: err}
}

// releaseAll waits for the reads that are left and releases their blobs.
func releaseAll(reads <-chan chan readResult) {
	for read := range reads {
		if r := <-read; r.err == nil {
			r.blob.Release()
		}
	}
}
