package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

// Delays between attempts: 1, 2, 4, 8, 16, 30, 30, … seconds.
const (
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
)

// RetryPolicy repeats an operation while the server cannot be reached, and not before the time that it has asked for.
// One RetryPolicy serves all reads of a model; its methods may be called from several goroutines.
type RetryPolicy struct {
	// OnWaiting is called with the error when the first of the concurrent operations begins to wait, and with nil when
	// none waits any more. The page shows it. Calls do not overlap. It may be nil.
	OnWaiting func(cause error)

	sleepFunc func(context.Context, time.Duration) error // set by tests; nil sleeps

	mu      sync.Mutex
	waiting int // operations that wait
}

// IsUnreachable reports whether an error says that the network or the server cannot be reached and may come back.
func IsUnreachable(err error) bool {
	e := errs.Of(err)
	return e.Code == errs.ConnectionLost || e.Code == errs.HTTPStatus && e.Retryable
}

// Do calls attempt until it succeeds or fails with an error that is not IsUnreachable. Errors: those of attempt;
// ctx.Err() if ctx ends during a delay.
func (p *RetryPolicy) Do(ctx context.Context, attempt func() error) error {
	err := attempt()
	if err == nil || !IsUnreachable(err) {
		return err
	}
	p.startWaiting(err)
	defer p.stopWaiting()
	for delay := firstDelay; ; delay = min(2*delay, maxDelay) {
		if err := p.sleep(ctx, max(delay, errs.Of(err).RetryAfter)); err != nil {
			return err
		}
		if err = attempt(); err == nil || !IsUnreachable(err) {
			return err
		}
	}
}

func (p *RetryPolicy) startWaiting(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	if p.waiting == 1 && p.OnWaiting != nil {
		p.OnWaiting(cause)
	}
}

func (p *RetryPolicy) stopWaiting() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
	if p.waiting == 0 && p.OnWaiting != nil {
		p.OnWaiting(nil)
	}
}

func (p *RetryPolicy) sleep(ctx context.Context, d time.Duration) error {
	if p.sleepFunc != nil {
		return p.sleepFunc(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
