package session

import (
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

// engineEvents returns what connects an engine, which reports as long as its model is loaded, with the request that was
// the last to begin.
func (s *Session) engineEvents() engineEvents {
	return engineEvents{
		visionProgress: func(p loader.Progress) { s.reportProgress(progressOf(p)) },
		waiting:        func(why error) { s.reportProgress(waitProgress(why)) },
		cut:            s.cut,
	}
}

// waitProgress says why an answer waits for the network, or, when why is nil, that it continues.
func waitProgress(why error) wire.WaitProgress {
	p := wire.WaitProgress{Phase: "network", Waiting: why != nil}
	if why != nil {
		p.Message = why.Error()
	}
	return p
}

func (s *Session) setReporter(report func(wire.ChatProgress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report = report
}

func (s *Session) reportProgress(p wire.ChatProgress) {
	s.mu.Lock()
	report := s.report
	s.mu.Unlock()
	report(p)
}

func (s *Session) updateLast(change func(*answer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.last)
}
