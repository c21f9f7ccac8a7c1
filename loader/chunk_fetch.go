package loader

import (
	"context"
	"errors"
	"sync"

	"github.com/outrider-web/outrider/loader/store"
)

// priority says how urgent a chunk is.
type priority int

const (
	background priority = iota // it is stored because nothing else is to be done
	foreground                 // a person waits for the download
	demand                     // a read waits for it; it is fetched even while downloads are paused
)

// chunkFetch is a chunk on its way from the source into the store. Callers that need the same chunk share it.
type chunkFetch struct {
	done     chan struct{} // closed when the fetch has ended
	err      error         // valid once done is closed
	cancel   context.CancelFunc
	waiters  int           // callers that wait for done; guarded by part.mu
	priority priority      // the highest of its callers; guarded by part.mu
	raised   chan struct{} // closed when the fetch has to begin anew; guarded by part.mu

	mu          sync.Mutex
	subscribers map[int]func(store.ChunkProgress)
	last        store.ChunkProgress // what they were told last
}

// errRestart ends an attempt to fetch a chunk, which begins anew because downloads are paused or the chunk is more
// urgent.
var errRestart = errors.New("loader: the fetch begins anew")

// ensureChunk stores a chunk unless it is stored. Concurrent calls share one fetch, which is cancelled only when the
// contexts of all of them have ended. report, which may be nil, is called with the progress of the fetch.
func (p *part) ensureChunk(ctx context.Context, chunk int, urgency priority, report func(store.ChunkProgress)) error {
	f := p.join(chunk, urgency)
	if f == nil {
		return nil
	}
	defer f.subscribe(report)()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		p.leave(chunk, f)
		return context.Cause(ctx)
	}
}

// join adds a waiter to the fetch of a chunk, which it starts if there is none. It returns nil if the chunk is stored.
func (p *part) join(chunk int, urgency priority) *chunkFetch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file.Chunks[chunk] {
		return nil
	}
	f := p.fetches[chunk]
	if f == nil {
		f = &chunkFetch{
			done: make(chan struct{}), raised: make(chan struct{}), priority: urgency,
			subscribers: map[int]func(store.ChunkProgress){},
		}
		p.fetches[chunk] = f
		var ctx context.Context // not a caller's: the fetch may outlive the caller that started it
		ctx, f.cancel = context.WithCancel(context.Background())
		go p.runFetch(ctx, chunk, f)
	}
	f.waiters++
	p.raise(f, urgency)
	return f
}

// raise makes a fetch as urgent as its most urgent caller. It begins anew if that lets it receive bytes earlier; what
// has arrived is stored. The caller holds p.mu.
func (p *part) raise(f *chunkFetch, urgency priority) {
	if urgency <= f.priority {
		return
	}
	if f.priority == background || p.options.Gate.Paused() {
		close(f.raised)
		f.raised = make(chan struct{})
	}
	f.priority = urgency
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

func (p *part) runFetch(ctx context.Context, chunk int, f *chunkFetch) {
	f.err = errRestart
	for f.err == errRestart {
		f.err = p.attemptFetch(ctx, chunk, f)
	}
	p.mu.Lock()
	p.removeFetch(chunk, f)
	p.mu.Unlock()
	f.cancel()
	close(f.done)
}

// attemptFetch fetches a chunk until that succeeds, fails, or has to begin anew, which is the error errRestart.
func (p *part) attemptFetch(ctx context.Context, chunk int, f *chunkFetch) error {
	p.mu.Lock()
	urgency, raised := f.priority, f.raised
	p.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	paused, change := p.options.Gate.state()
	if urgency == demand {
		paused, change = false, nil
	}
	go cancelWhen(cancel, ctx.Done(), change, raised)
	if paused {
		f.notify(store.ChunkProgress{Waiting: true, Cause: "paused"})
		<-ctx.Done()
		return context.Cause(ctx)
	}
	err := p.fetchChunk(ctx, chunk, urgency, f.notify)
	if err != nil && context.Cause(ctx) == errRestart {
		return errRestart
	}
	return err
}

// cancelWhen calls cancel with errRestart when one of the channels is closed.
func cancelWhen(cancel context.CancelCauseFunc, done, change, raised <-chan struct{}) {
	select {
	case <-done:
	case <-change:
	case <-raised:
	}
	cancel(errRestart)
}

// removeFetch removes f from p.fetches unless another fetch has replaced it. The caller holds p.mu.
func (p *part) removeFetch(chunk int, f *chunkFetch) {
	if p.fetches[chunk] == f {
		delete(p.fetches, chunk)
	}
}

// subscribe calls report with the progress of the fetch until unsubscribe is called.
func (f *chunkFetch) subscribe(report func(store.ChunkProgress)) (unsubscribe func()) {
	if report == nil {
		return func() {}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := len(f.subscribers)
	for f.subscribers[id] != nil {
		id++
	}
	f.subscribers[id] = report
	if f.last.Waiting {
		report(f.last)
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, id)
	}
}

func (f *chunkFetch) notify(progress store.ChunkProgress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = progress
	for _, report := range f.subscribers {
		report(progress)
	}
}
