package fetch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

var errUnreachable = errs.New(errs.ConnectionLost, "lost")

func TestRetryPolicyDoublesTheDelayUpToAMaximum(t *testing.T) {
	var delays []int
	var calls []error
	p := RetryPolicy{
		OnWaiting: func(cause error) { calls = append(calls, cause) },
		sleepFunc: func(_ context.Context, d time.Duration) error { delays = append(delays, int(d.Seconds())); return nil },
	}
	attempts := 0
	err := p.Do(t.Context(), func() error {
		if attempts++; attempts < 8 {
			return errUnreachable
		}
		return nil
	})
	if err != nil || !slices.Equal(delays, []int{1, 2, 4, 8, 16, 30, 30}) {
		t.Errorf("%v after delays %v", err, delays)
	}
	if !slices.Equal(calls, []error{errUnreachable, nil}) {
		t.Errorf("OnWaiting was called with %v", calls)
	}
}

func TestRetryPolicyWaitsAsLongAsTheServerHasAsked(t *testing.T) {
	var delays []time.Duration
	p := RetryPolicy{
		sleepFunc: func(_ context.Context, d time.Duration) error { delays = append(delays, d); return nil },
	}
	asked := []time.Duration{20 * time.Minute, 0, time.Millisecond}
	err := p.Do(t.Context(), func() error {
		if len(delays) == len(asked) {
			return nil
		}
		return &errs.Error{Code: errs.HTTPStatus, Message: "503", Retryable: true, RetryAfter: asked[len(delays)]}
	})
	want := []time.Duration{20 * time.Minute, 2 * time.Second, 4 * time.Second}
	if err != nil || !slices.Equal(delays, want) {
		t.Errorf("%v after delays %v, want %v", err, delays, want)
	}
}

func TestRetryPolicyRetriesOnlyUnreachableServers(t *testing.T) {
	for _, c := range []struct {
		err         error
		unreachable bool
	}{
		{errUnreachable, true},
		{&errs.Error{Code: errs.HTTPStatus, Message: "503", Retryable: true}, true},
		{errs.New(errs.HTTPStatus, "403"), false},
		{errs.New(errs.StorageFull, "full"), false},
		{errs.New(errs.Aborted, "stopped"), false},
		{errors.New("strange"), false},
	} {
		if IsUnreachable(c.err) != c.unreachable {
			t.Errorf("%v: IsUnreachable is not %v", c.err, c.unreachable)
		}
		attempts := 0
		p := RetryPolicy{sleepFunc: func(context.Context, time.Duration) error { return context.Canceled }}
		err := p.Do(t.Context(), func() error { attempts++; return c.err })
		if wantErr := map[bool]error{true: context.Canceled, false: c.err}[c.unreachable]; err != wantErr || attempts != 1 {
			t.Errorf("%v: %v after %d attempts", c.err, err, attempts)
		}
	}
}

func TestRetryPolicyStopsAtOtherErrors(t *testing.T) {
	p := RetryPolicy{sleepFunc: func(context.Context, time.Duration) error { return nil }}
	full, attempts := errs.New(errs.StorageFull, "full"), 0
	err := p.Do(t.Context(), func() error {
		if attempts++; attempts == 2 {
			return full
		}
		return errUnreachable
	})
	if err != full {
		t.Errorf("got %v", err)
	}
}

func TestRetryPolicyStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := RetryPolicy{OnWaiting: func(cause error) {
		if cause != nil {
			cancel()
		}
	}}
	if err := p.Do(ctx, func() error { return errUnreachable }); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestOnWaitingIsCalledOnceForConcurrentOperations(t *testing.T) {
	var calls []error
	reachable := make(chan struct{})
	p := RetryPolicy{
		OnWaiting: func(cause error) { calls = append(calls, cause) },
		sleepFunc: func(context.Context, time.Duration) error { <-reachable; return nil },
	}
	var all, firstAttempts sync.WaitGroup
	for range 5 {
		firstAttempts.Add(1)
		all.Go(func() {
			first := true
			err := p.Do(t.Context(), func() error {
				if first {
					first = false
					defer firstAttempts.Done()
					return errUnreachable
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	firstAttempts.Wait()
	for n := 0; n < 5; {
		p.mu.Lock()
		n = p.waiting
		p.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	close(reachable)
	all.Wait()
	if !slices.Equal(calls, []error{errUnreachable, nil}) {
		t.Errorf("OnWaiting was called with %v", calls)
	}
}
