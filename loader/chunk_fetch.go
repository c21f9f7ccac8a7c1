package loader

import (
	"context"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// flight is a chunk on its way into the store. All who want the chunk share it.
type chunkFetch struct {
	done    chan struct{}
	err     error // once done
	cancel  context.CancelFunc
	waiters int // under part.mu

	mu          sync.Mutex
	subscribers map[int]func(received int64)
}

// fill brings a chunk into the store unless it is there. However many ask for it at once, it is fetched once, and the
// fetch ends early only when all of them have gone. count, which may be nil, hears how many bytes have come.
func (p *part) ensureChunk(ctx context.Context, st store.Store, chunk int, count func(received int64)) error {
	f := p.join(st, chunk)
	if f == nil {
		return nil
	}
	defer f.subscribe(count)()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		p.leave(chunk, f)
		return context.Cause(ctx)
	}
}

// board joins the flight of a chunk, or starts it; nil when the chunk is there.
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
		var ctx context.Context // of nobody in particular
		ctx, f.cancel = context.WithCancel(context.Background())
		go p.runFetch(ctx, st, chunk, f)
	}
	f.waiters++
	return f
}

// leave goes before the end. The last to go waits until nothing is under way any more.
func (p *part) leave(chunk int, f *chunkFetch) {
	p.mu.Lock()
	f.waiters--
	last := f.waiters == 0
	if last {
		p.removeFetch(chunk, f) // whoever comes now starts anew
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

// over takes a flight off the board; p.mu is held.
func (p *part) removeFetch(chunk int, f *chunkFetch) {
	if p.fetches[chunk] == f {
		delete(p.fetches, chunk)
	}
}

// bring fetches a chunk. When the source says that it has changed meanwhile, it is asked once more, since a single
// answer out of step is not worth gigabytes; if it stays with it, the store forgets the file.
func (p *part) fetchChunk(ctx context.Context, st store.Store, chunk int, tell func(int64)) error {
	src, err := p.sameSource(ctx, st)
	if err != nil {
		return err
	}
	err = st.StoreChunk(ctx, p.file.ID, chunk, src, tell)
	if err == nil {
		tell(p.file.ChunkLen(chunk))
		return nil
	}
	if errs.Of(err).Code == errs.Integrity {
		p.close()
		if _, changed := p.sameSource(ctx, st); changed != nil {
			return changed
		}
	}
	return err
}

// sameSource gives the source if it is still the file of which chunks are stored.
func (p *part) sameSource(ctx context.Context, st store.Store) (fetch.Source, error) {
	src, err := p.open(ctx)
	if err != nil || src.Info() == p.file.Info {
		return src, err
	}
	st.Delete(ctx, p.file.ID) // what a person needs to know is that it changed
	return nil, errs.New(errs.Integrity, "the file has changed where it comes from; load the model again to start over").AsRetryable()
}

// hear has count told of the bytes that come, until the function is called.
func (f *chunkFetch) subscribe(count func(int64)) (hush func()) {
	if count == nil {
		return func() {}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	ticket := len(f.subscribers)
	for f.subscribers[ticket] != nil {
		ticket++
	}
	f.subscribers[ticket] = count
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, ticket)
	}
}

func (f *chunkFetch) notify(received int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, count := range f.subscribers {
		count(received)
	}
}
