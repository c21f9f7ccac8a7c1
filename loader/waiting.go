package loader

import (
	"errors"
	"sync"

	"github.com/outrider-web/outrider/loader/store"
)

// waitCounter counts reads that wait for the network. A nil waitCounter counts nothing.
type waitCounter struct {
	onWaiting func(cause error) // called when the first begins to wait, and with nil when none waits any more; may be nil

	mu      sync.Mutex
	waiting int
}

// watch returns a function to be called with the progress of a read, and one to be called at its end.
func (w *waitCounter) watch() (report func(store.ChunkProgress), stop func()) {
	if w == nil || w.onWaiting == nil {
		return nil, func() {}
	}
	waits := false
	report = func(p store.ChunkProgress) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if p.Waiting != waits {
			waits = p.Waiting
			w.count(waits, p.Cause)
		}
	}
	return report, func() { report(store.ChunkProgress{}) }
}

// count adds or removes a read that waits. The caller holds w.mu.
func (w *waitCounter) count(waits bool, cause string) {
	if waits {
		w.waiting++
		if w.waiting == 1 {
			w.onWaiting(errors.New(cause))
		}
		return
	}
	w.waiting--
	if w.waiting == 0 {
		w.onWaiting(nil)
	}
}
