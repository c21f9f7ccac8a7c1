package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// ask is a read-back of what the steps queued so far will have made.
type readBack struct {
	m       *Model
	t       *ops.Tensor
	end     int // positions computed by then
	decoded bool
	pending ops.Pending
}

// Ask asks for all of Next or Logits, as everything queued so far leaves it. Answers are waited for in the order of the
// questions; tokens that Decode has queued meanwhile do not disturb them. In a paged model, Wait brings missing experts
// in. Errors of Wait: ErrDeviceLost, ctx.Err(), those of ExpertPager.Seat; after one, Halt.
func (m *Model) ReadBack(t *ops.Tensor) ops.Pending {
	a := &readBack{m: m, t: t, end: m.Len(), decoded: m.decoded}
	m.decoded = false
	a.fetch()
	m.readBacks = append(m.readBacks, a)
	return a
}

func (a *readBack) fetch() {
	if a.m.paged == nil {
		a.pending = a.m.backend.ReadBack(a.t, 0, 4*a.t.Shape.Elems())
	} else {
		a.pending = a.m.report(a.t)
	}
}

// Wait gives the bytes.
func (a *readBack) Wait(ctx context.Context) ([]byte, error) {
	m := a.m
	m.readBacks = m.readBacks[1:]
	data, err := a.pending.Wait(ctx)
	if err != nil || m.paged == nil {
		return data, err
	}
	r := m.paged.read(data)
	if r.router == 0 {
		m.used(a, r)
		return r.data, nil
	}
	return a.resume(ctx, r)
}

// resume brings what was queued in vain to its end: first what was asked for, then the rest.
func (a *readBack) resume(ctx context.Context, r report) ([]byte, error) {
	m := a.m
	for pos := r.pos; r.router != 0; {
		if r.pos != pos { // a token that nobody asked about is over
			m.paged.Loader.Release()
			pos = r.pos
		}
		if err := m.goOn(ctx, m.decode, r); err != nil {
			return nil, err
		}
		if err := m.again(a.end - r.pos - 1); err != nil {
			return nil, err
		}
		a.fetch()
		data, err := a.pending.Wait(ctx)
		if err != nil {
			return nil, err
		}
		r = m.paged.read(data)
	}
	m.used(a, r)
	return r.data, m.requeue(ctx, a.end)
}

// requeue runs what was queued behind position `from` again, and asks again.
func (m *Model) requeue(ctx context.Context, from int) error {
	for _, a := range m.readBacks {
		a.pending.Wait(context.WithoutCancel(ctx)) // what it says is out of date
		if err := m.again(a.end - from); err != nil {
			return err
		}
		a.fetch()
		from = a.end
	}
	return m.again(m.Len() - from)
}

// again runs n tokens that have been counted already.
func (m *Model) again(n int) error {
	for range n {
		if err := m.decode.Run(); err != nil {
			return err
		}
	}
	return nil
}

// used tells the pager what a token used.
func (m *Model) used(a *readBack, r report) {
	if a.decoded {
		m.paged.Loader.TokenDone(r.choices)
	}
}

// Halt drops what is queued and not asked for any more: of a paged model's tokens, those that miss an expert and those
// behind them are taken back. It waits for the device; the end of ctx does not stop it. Errors: ErrDeviceLost.
func (m *Model) Halt(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for _, a := range m.readBacks {
		a.pending.Wait(ctx) // an error here shows again at the next use of the device
	}
	m.readBacks = nil
	if m.paged == nil {
		return nil
	}
	data, err := m.report(m.step).Wait(ctx)
	if err != nil {
		return err
	}
	m.paged.Loader.Release()
	m.cache.Truncate(m.paged.read(data).pos)
	return m.backend.Write(m.paged.guard, 0, words(0))
}
