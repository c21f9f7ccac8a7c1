package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/wire"
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
