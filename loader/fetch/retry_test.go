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

var errAway = errs.New(errs.ConnectionLost, "lost").AsRetryable()

func TestPatienceWaitsLongerEachTimeAndGoesOn(t *testing.T) {
	var pauses []int
	var heard []error
	p := RetryPolicy{
		OnWaiting: func(why error) { heard = append(heard, why) },
		sleepFunc: func(_ context.Context, d time.Duration) error { pauses = append(pauses, int(d.Seconds())); return nil },
	}
	attempts := 0
	err := p.Do(t.Context(), func() error {
		if attempts++; attempts < 8 {
			return errAway
		}
		return nil
	})
	if err != nil || !slices.Equal(pauses, []int{1, 2, 4, 8, 16, 30, 30}) {
		t.Errorf("%v after pauses %v", err, pauses)
	}
	if !slices.Equal(heard, []error{errAway, nil}) {
		t.Errorf("the page heard %v", heard)
	}
}

func TestPatienceIsForTheNetworkAlone(t *testing.T) {
	for _, c := range []struct {
		err  error
		away bool
	}{
		{errAway, true},
		{errs.New(errs.HTTPStatus, "503").AsRetryable(), true},
		{errs.New(errs.HTTPStatus, "403"), false},
		{errs.New(errs.StorageFull, "full").AsRetryable(), false},
		{errs.New(errs.Aborted, "stopped").AsRetryable(), false},
		{errors.New("strange"), false},
	} {
		if IsUnreachable(c.err) != c.away {
			t.Errorf("%v: away is not %v", c.err, c.away)
		}
		attempts := 0
		p := RetryPolicy{sleepFunc: func(context.Context, time.Duration) error { return context.Canceled }}
		err := p.Do(t.Context(), func() error { attempts++; return c.err })
		if wantErr := map[bool]error{true: context.Canceled, false: c.err}[c.away]; err != wantErr || attempts != 1 {
			t.Errorf("%v: %v after %d attempts", c.err, err, attempts)
		}
	}
}

func TestPatienceEndsWithWhatIsNotTheNetwork(t *testing.T) {
	p := RetryPolicy{sleepFunc: func(context.Context, time.Duration) error { return nil }}
	full, attempts := errs.New(errs.StorageFull, "full"), 0
	err := p.Do(t.Context(), func() error {
		if attempts++; attempts == 2 {
			return full
		}
		return errAway
	})
	if err != full {
		t.Errorf("got %v", err)
	}
}

func TestPatienceEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := RetryPolicy{OnWaiting: func(why error) {
		if why != nil {
			cancel()
		}
	}}
	if err := p.Do(ctx, func() error { return errAway }); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestThePageHearsOnceHoweverManyWait(t *testing.T) {
	var heard []error
	back := make(chan struct{})
	p := RetryPolicy{
		OnWaiting: func(why error) { heard = append(heard, why) },
		sleepFunc: func(context.Context, time.Duration) error { <-back; return nil },
	}
	var all, away sync.WaitGroup
	for range 5 {
		away.Add(1)
		all.Go(func() {
			first := true
			err := p.Do(t.Context(), func() error {
				if first {
					first = false
					defer away.Done()
					return errAway
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	away.Wait()
	for n := 0; n < 5; {
		p.mu.Lock()
		n = p.waiting
		p.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	close(back)
	all.Wait()
	if !slices.Equal(heard, []error{errAway, nil}) {
		t.Errorf("the page heard %v", heard)
	}
}
