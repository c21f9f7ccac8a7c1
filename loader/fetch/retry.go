package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

// Pauses between attempts: 1, 2, 4, 8, 16, 30, 30, … seconds.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// RetryPolicy waits for the network when it is away. One RetryPolicy serves all reads of a model, from several goroutines.
type RetryPolicy struct {
	// Waiting hears why the first of the calls under way begins to wait, and nil when none waits any more: the page says
	// so. It is called by one goroutine at a time; nil hears nothing.
	OnWaiting func(why error)

	sleepFunc func(context.Context, time.Duration) error // of tests; nil sleeps

	mu      sync.Mutex
	waiting int
}

// Away reports whether an error says that the network, or the server, is away and may come back.
func IsUnreachable(err error) bool {
	e := errs.Of(err)
	return e.Code == errs.ConnectionLost || e.Code == errs.HTTPStatus && e.Retryable
}

// Do calls attempt until it succeeds or fails for another reason than that the network is away. Errors: attempt's;
// ctx.Err() when ctx ends during a pause.
func (p *RetryPolicy) Do(ctx context.Context, attempt func() error) error {
	err := attempt()
	if err == nil || !IsUnreachable(err) {
		return err
	}
	p.startWaiting(err)
	defer p.stopWaiting()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if err := p.sleep(ctx, pause); err != nil {
			return err
		}
		if err = attempt(); err == nil || !IsUnreachable(err) {
			return err
		}
	}
}

func (p *RetryPolicy) startWaiting(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	if p.waiting == 1 && p.OnWaiting != nil {
		p.OnWaiting(why)
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
