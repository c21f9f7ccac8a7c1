package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// readBack is a read-back of the result of the steps queued so far.
type readBack struct {
	m       *Model
	t       *ops.Tensor
	end     int  // number of positions that those steps compute
	decoded bool // Decode has been called since the last ReadBack
	pending ops.Pending
}

// ReadBack starts reading all of Next or Logits, as the steps queued so far leave it. The results must be waited for in
// the order of the calls. Tokens that Decode queues in between do not disturb them. In a paged model, Wait loads
// missing experts.
// Errors of Wait: device_lost, ctx.Err(), those of ExpertLoader.LoadExperts; after an error the caller must call Halt.
func (m *Model) ReadBack(t *ops.Tensor) ops.Pending {
	r := &readBack{m: m, t: t, end: m.Len(), decoded: m.decoded}
	m.decoded = false
	r.start()
	m.readBacks = append(m.readBacks, r)
	return r
}

// start starts the read-back on the device.
func (r *readBack) start() {
	if r.m.paged == nil {
		r.pending = r.m.backend.ReadBack(r.t, 0, 4*r.t.Shape.Elems())
	} else {
		r.pending = r.m.readReport(r.t)
	}
}

// Wait implements ops.Pending.
func (r *readBack) Wait(ctx context.Context) ([]byte, error) {
	m := r.m
	m.readBacks = m.readBacks[1:]
	data, err := r.pending.Wait(ctx)
	if err != nil || m.paged == nil {
		return data, err
	}
	report := m.paged.parseReport(data)
	if report.router == 0 {
		r.tokenDone(report)
		return report.data, nil
	}
	return r.resume(ctx, report)
}

// resume completes the steps that a missing expert has stopped: first those that this read-back is about, then the
// others.
func (r *readBack) resume(ctx context.Context, report missReport) ([]byte, error) {
	m := r.m
	for pos := report.pos; report.router != 0; {
		if report.pos != pos { // a token that is not read back is complete
			m.paged.Loader.Release()
			pos = report.pos
		}
		if err := m.resumeFrom(ctx, m.decode, report); err != nil {
			return nil, err
		}
		if err := m.queueAgain(r.end - report.pos - 1); err != nil {
			return nil, err
		}
		r.start()
		data, err := r.pending.Wait(ctx)
		if err != nil {
			return nil, err
		}
		report = m.paged.parseReport(data)
	}
	r.tokenDone(report)
	return report.data, m.restartReadBacks(ctx, r.end)
}

// restartReadBacks queues the steps after the first `computed` positions again, and the read-backs between them.
func (m *Model) restartReadBacks(ctx context.Context, computed int) error {
	for _, r := range m.readBacks {
		r.pending.Wait(context.WithoutCancel(ctx)) // the result is out of date
		if err := m.queueAgain(r.end - computed); err != nil {
			return err
		}
		r.start()
		computed = r.end
	}
	return m.queueAgain(m.Len() - computed)
}

// queueAgain queues n tokens that Decode has queued before.
func (m *Model) queueAgain(n int) error {
	for range n {
		if err := m.decode.Run(); err != nil {
			return err
		}
	}
	return nil
}

// tokenDone passes the choices of the last token on to the loader, if Decode computed it.
func (r *readBack) tokenDone(report missReport) {
	if r.decoded {
		r.m.paged.Loader.TokenDone(report.choices)
	}
}

// Halt drops the read-backs that have not been waited for. In a paged model it also drops the tokens that miss an
// expert and those queued behind them. It waits for the device, even after the end of ctx. Errors: device_lost.
func (m *Model) Halt(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for _, r := range m.readBacks {
		r.pending.Wait(ctx) // an error is returned again by the next use of the device
	}
	m.readBacks = nil
	if m.paged == nil {
		return nil
	}
	data, err := m.readReport(m.step).Wait(ctx)
	if err != nil {
		return err
	}
	m.paged.Loader.Release()
	m.cache.Truncate(m.paged.parseReport(data).pos)
	return m.backend.Write(m.paged.guard, 0, words(0))
}
