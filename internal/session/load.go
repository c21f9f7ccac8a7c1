package session

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

// LoadRequest says what to load and how.
type LoadRequest struct {
	ModelSources
	Paging wire.Paging
}

// Load opens a device and a model on it, in place of the model that is loaded. It opens the device first: without one
// there is no use in downloading. When the device is lost, or out of memory because the model took too much of it, the
// load begins again on another device, with a lower memory limit. Errors: those of Environment.OpenDevice, loader.Open,
// engine.Plan.Open and of a download.
func (s *Session) Load(ctx context.Context, r LoadRequest, report func(wire.Progress)) (*wire.LoadedModel, error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	s.close()
	s.gate.Resume()
	m := s.newModel(r)
	s.setCurrent(m)
	if err := m.load(ctx, progressReporter(report)); err != nil {
		s.close()
		return nil, err
	}
	return m.describe(), nil
}

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
