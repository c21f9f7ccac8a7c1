package session

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

// maxRecoveries bounds how often a load or an answer begins again on another device without having come further.
const maxRecoveries = 3

const (
	restartTime  = 10 * time.Second       // a browser needs no longer to start its GPU process again
	restartPause = 250 * time.Millisecond // between two requests for a device meanwhile
)

// load opens the model. While its devices are lost, it opens others and takes less of their memory.
func (m *openModel) load(ctx context.Context, report reportFunc) error {
	for attempt := 0; ; attempt++ {
		err := m.open(ctx, report)
		if err == nil || !m.loseDevice(ctx, err, true) || attempt == maxRecoveries {
			return err
		}
	}
}

// loseDevice reports whether an error says that another device can help: this one is lost, or the model took more of
// its memory than there is. Then it closes the device. It lowers the memory limit when the device is out of memory and,
// if lower is set, also after a loss.
func (m *openModel) loseDevice(ctx context.Context, err error, lower bool) bool {
	code := errs.Of(err).Code
	outOfMemory := code == errs.OutOfMemory && m.taken != 0
	if code != errs.DeviceLost && !outOfMemory {
		return false
	}
	if lower || outOfMemory {
		m.lowerMemoryLimit()
	}
	m.losses++
	m.closeDevice()
	return ctx.Err() == nil
}

// openDevice opens a device. After a loss it waits for the browser, which has no adapter until its GPU process has been
// started again. Errors: those of Environment.OpenDevice.
func (m *openModel) openDevice(ctx context.Context) error {
	start := time.Now()
	for {
		backend, err := m.env.OpenDevice(ctx)
		if err == nil {
			m.setDevice(ctx, backend)
			return nil
		}
		if m.losses == 0 || errs.Of(err).Code != errs.NoAdapter || time.Since(start) > restartTime {
			return err
		}
		select {
		case <-time.After(restartPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// setDevice prepares the search for memory on a device. What was found out about it before its loss stays known.
func (m *openModel) setDevice(ctx context.Context, backend Backend) {
	m.backend = backend
	if name := backend.AdapterName(); m.search == nil || m.search.Device != name {
		m.search = m.env.memorySearch(ctx, name, m.request.Paging.Memory)
	}
}

// finish generates an answer to its end. When the device is lost, the answer continues on another one. It returns the
// error when the answer has not come further on maxRecoveries other devices.
func (m *openModel) finish(ctx context.Context, a *engine.Answer,
	report func(wire.ChatProgress)) (engine.Stats, error) {
	losses, inRow, tokens := 0, 0, 0
	for {
		stats, lower, err := m.continueAnswer(ctx, a, report)
		if err == nil || !m.loseDevice(ctx, err, lower || losses > 0) { // one loss may have any cause
			return stats, err
		}
		if a.Ended() {
			return stats, nil // the next request opens another device
		}
		if a.NumTokens() > tokens {
			inRow, tokens = 0, a.NumTokens()
		}
		losses, inRow = losses+1, inRow+1
		if inRow > maxRecoveries {
			return stats, err
		}
	}
}

// continueAnswer generates an answer on the device, and first opens the model on one if it has none. opening reports
// that this failed.
func (m *openModel) continueAnswer(ctx context.Context, a *engine.Answer, report func(wire.ChatProgress)) (
	stats engine.Stats, opening bool, err error) {
	if m.engine == nil {
		report(wire.RecoverProgress{Phase: "recover"})
		if err := m.open(ctx, recoveryReporter(report)); err != nil {
			return stats, true, err
		}
	}
	stats, err = m.engine.Continue(ctx, a)
	return stats, false, err
}

// recoveryReporter returns a function that reports how far a model is loaded again.
func recoveryReporter(report func(wire.ChatProgress)) reportFunc {
	return func(p loader.Progress) {
		if p.Phase == loader.PhaseLoad {
			report(wire.RecoverProgress{Phase: "recover", BytesDone: p.Done, BytesTotal: p.Total})
		}
	}
}
