package loader

import (
	"context"

	"github.com/outrider-web/outrider/loader/gguf"
)

// readAhead is how many pieces are read from the store while one is handed over. IndexedDB gives Blobs four times as
// fast when it is asked for four at once; with one more in the sink's hands that is at most 80 MiB.
const readAhead = 4

// Sink takes bytes of tensor t from byte offset on. b is the loader's again when it returns.
type PieceFunc func(t gguf.Tensor, offset int64, b Blob) error

// Load reads tensors from the store and hands them to sink, in the order in which they lie in the files: each tensor's
// pieces one after another, every piece but the last a multiple of two blocks, none larger than 16 MiB. Sink is called
// on the caller's goroutine. What the store does not have is brought there. report may be nil.
// Errors: unsupported_tensor_type, before anything is read; those of Read and of sink; aborted.
func (m *Model) Load(ctx context.Context, tensors []gguf.Tensor, sink PieceFunc, report func(Progress)) error {
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
	defer drain(reads)
	defer cancel() // before drain waits
	for read := range reads {
		r := <-read
		if r.err != nil {
			return r.err
		}
		err := sink(r.tensor, r.offset, r.blob)
		r.blob.Release()
		if err != nil {
			return err
		}
		meter.startPiece()(r.n)
	}
	if err := contextError(ctx); err != nil {
		return err
	}
	meter.finish()
	return nil
}

// result is the outcome of reading a piece; blob belongs to who receives it.
type result struct {
	piece
	blob Blob
	err  error
}

// readAll reads pieces several at a time and gives the outcomes in order. It stops when ctx ends.
func (m *Model) readAll(ctx context.Context, all []piece) <-chan chan result {
	reads := make(chan chan result, readAhead-1)
	go func() {
		defer close(reads)
		for _, p := range all {
			read := make(chan result, 1)
			select {
			case reads <- read:
				go func() { read <- m.read(ctx, p) }()
			case <-ctx.Done():
				return
			}
		}
	}()
	return reads
}

func (m *Model) read(ctx context.Context, p piece) result {
	b, err := m.Read(ctx, p.tensor.Part, p.tensor.Offset+p.offset, p.n)
	return result{piece: p, blob: b, err: err}
}

// drain gives back what was read ahead and is not wanted any more.
func drain(reads <-chan chan result) {
	for read := range reads {
		if r := <-read; r.err == nil {
			r.blob.Release()
		}
	}
}
