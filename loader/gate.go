package loader

import "sync"

// Gate pauses and resumes downloads. Reads that a token waits for pass a gate that is closed. Its methods may be called
// from several goroutines; a nil Gate is always open.
type Gate struct {
	mu     sync.Mutex
	paused bool
	change chan struct{} // closed at the next change
}

// NewGate returns an open gate.
func NewGate() *Gate { return &Gate{change: make(chan struct{})} }

// Pause stops downloads. What has arrived is kept.
func (g *Gate) Pause() { g.set(true) }

// Resume continues downloads.
func (g *Gate) Resume() { g.set(false) }

func (g *Gate) set(paused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused != paused {
		g.paused = paused
		close(g.change)
		g.change = make(chan struct{})
	}
}

// Paused reports whether downloads are paused.
func (g *Gate) Paused() bool {
	paused, _ := g.state()
	return paused
}

// state returns whether downloads are paused, and a channel that is closed when that changes.
func (g *Gate) state() (paused bool, change <-chan struct{}) {
	if g == nil {
		return false, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused, g.change
}
