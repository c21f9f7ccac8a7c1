package loader

import (
	"context"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// chunkFetch is a chunk on its way from the source into the store. Callers that need the same chunk share it.
type chunkFetch struct {
	done    chan struct{} // closed when the fetch has ended
	err     error         // valid once done is closed
	cancel  context.CancelFunc
	waiters int // callers that wait for done; guarded by part.mu

	mu          sync.Mutex
	subscribers map[int]func(received int64)
}

// ensureChunk stores a chunk unless it is stored. Concurrent calls share one fetch, which is cancelled only when the
// contexts of all of them have ended. onBytes, which may be nil, is called with the number of bytes received so far.
func (p *part) ensureChunk(ctx context.Context, st store.Store, chunk int, onBytes func(received int64)) error {
	f := p.join(st, chunk)
	if f == nil {
		return nil
	}
	defer f.subscribe(onBytes)()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		p.leave(chunk, f)
		return context.Cause(ctx)
	}
}

// join adds a waiter to the fetch of a chunk, which it starts if there is none. It returns nil if the chunk is stored.
func (p *part) join(st store.Store, chunk int) *chunkFetch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file.Chunks[chunk] {
		return nil
	}
	f := p.fetches[chunk]
	if f == nil {
		f = &chunkFetch{done: make(chan struct{}), subscribers: map[int]func(int64){}}
		p.fetches[chunk] = f
		var ctx context.Context // not a caller's: the fetch may outlive the caller that started it
		ctx, f.cancel = context.WithCancel(context.Background())
		go p.runFetch(ctx, st, chunk, f)
	}
	f.waiters++
	return f
}

// leave removes a waiter before the fetch has ended. The last one cancels the fetch and waits for its end.
func (p *part) leave(chunk int, f *chunkFetch) {
	p.mu.Lock()
	f.waiters--
	last := f.waiters == 0
	if last {
		p.removeFetch(chunk, f) // a call that comes now starts a new fetch
	}
	p.mu.Unlock()
	if last {
		f.cancel()
		<-f.done
	}
}

func (p *part) runFetch(ctx context.Context, st store.Store, chunk int, f *chunkFetch) {
	f.err = p.fetchChunk(ctx, st, chunk, f.notify)
	p.mu.Lock()
	p.removeFetch(chunk, f)
	if f.err == nil {
		p.file.Chunks[chunk] = true
	}
	p.mu.Unlock()
	f.cancel()
	close(f.done)
}

// removeFetch removes f from p.fetches unless another fetch has replaced it. The caller holds p.mu.
func (p *part) removeFetch(chunk int, f *chunkFetch) {
	if p.fetches[chunk] == f {
		delete(p.fetches, chunk)
	}
}

// fetchChunk fetches a chunk and stores it. If the source reports that the file has changed, fetchChunk opens it again:
// a single inconsistent response is not worth gigabytes. If the file has really changed, its record is deleted.
func (p *part) fetchChunk(ctx context.Context, st store.Store, chunk int, onBytes func(received int64)) error {
	src, err := p.unchangedSource(ctx, st)
	if err != nil {
		return err
	}
	progress := func(c store.ChunkProgress) { onBytes(c.Received) }
	_, err = st.StoreChunk(ctx, p.file.ID, chunk, src, store.ChunkOptions{Progress: progress})
	if err == nil {
		onBytes(p.file.ChunkLen(chunk))
		return nil
	}
	if errs.Of(err).Code == errs.Integrity {
		p.close()
		if _, changed := p.unchangedSource(ctx, st); changed != nil {
			return changed
		}
	}
	return err
}

// unchangedSource returns the source. If it is no longer the file whose chunks are stored, unchangedSource deletes the
// record and returns an error of code integrity.
func (p *part) unchangedSource(ctx context.Context, st store.Store) (fetch.Source, error) {
	src, err := p.open(ctx)
	if err != nil || src.Info().Same(p.file.Info) {
		return src, err
	}
	st.Delete(ctx, p.file.ID) // its error is dropped: that the file has changed matters more
	return nil, errs.New(errs.Integrity,
		"the file has changed at its source; load the model again to start over")
}

// subscribe calls onBytes with the number of bytes received so far, until unsubscribe is called.
func (f *chunkFetch) subscribe(onBytes func(received int64)) (unsubscribe func()) {
	if onBytes == nil {
		return func() {}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := len(f.subscribers)
	for f.subscribers[id] != nil {
		id++
	}
	f.subscribers[id] = onBytes
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, id)
	}
}

func (f *chunkFetch) notify(received int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, onBytes := range f.subscribers {
		onBytes(received)
	}
}
