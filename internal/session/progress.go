package session

import (
	"time"

	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

// progressReporter returns a function that reports the progress of the loader.
func progressReporter(report func(wire.Progress)) func(loader.Progress) {
	return func(p loader.Progress) { report(progressOf(p)) }
}

func progressOf(p loader.Progress) wire.Progress {
	return wire.Progress{
		Phase:          string(p.Phase),
		BytesDone:      p.Done,
		BytesTotal:     p.Total,
		BytesPerSecond: p.BytesPerSecond,
		SecondsLeft:    p.SecondsLeft,
		Waiting:        p.Waiting,
		Until:          milliseconds(p.Until),
	}
}

// milliseconds returns a time in milliseconds since 1970; 0 for the zero time.
func milliseconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli())
}

// sum reports two downloads, one after the other, as one.
type sum struct {
	report reportFunc
	done   int64 // bytes of the first, once it is complete
	later  int64 // bytes of the second, until then
	total  int64 // bytes of the first
}

// add reports the progress of the download that is under way.
func (s *sum) add(p loader.Progress) {
	if s.done == 0 {
		s.total = p.Total
	}
	p.Done += s.done
	p.Total += s.done + s.later
	if p.BytesPerSecond > 0 {
		p.SecondsLeft = float64(p.Total-p.Done) / p.BytesPerSecond
	}
	if s.report != nil {
		s.report(p)
	}
}

// next returns what reports the second download.
func (s *sum) next() reportFunc {
	s.done, s.later = s.total, 0
	return s.add
}
