package experts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestDemandIsReadBeforePrefetchBeforeBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(2, 4, 1, 3), Options{MaxReads: 1})
		p.prefetch(ID{0, 3}) // its first read starts at once: nothing else is queued
		stored := make(chan error, 1)
		go func() { stored <- p.storeExpert(t.Context(), ID{1, 0}) }()
		p.prefetch(ID{0, 1})
		synctest.Wait()
		go func() {
			for range 6 {
				f.gate <- struct{}{}
			}
		}()
		loadExperts(t, p, 1, 2)
		for len(stored) == 0 {
			synctest.Wait()
			p.poll()
		}
		got, want := f.reads(), "read 30, read 120, read 1120, read 1030, read 10, read 1010, store 100, store 1100"
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := <-stored; err != nil {
			t.Error(err)
		}
	})
}

// While the network is unreachable, prefetch and background wait for it; a token whose experts are stored does not.
func TestATokenDoesNotWaitForTheNetworkOfOthers(t *testing.T) {
	startPrefetch := func(t *testing.T, p *ExpertPager) { p.prefetch(ID{0, 1}, ID{0, 2}, ID{0, 3}) }
	startBackground := func(t *testing.T, p *ExpertPager) {
		for e := 1; e < 4; e++ {
			go p.storeExpert(t.Context(), ID{0, e})
		}
		synctest.Wait()
	}
	for name, start := range map[string]func(*testing.T, *ExpertPager){
		"prefetch":   startPrefetch,
		"background": startBackground,
		"both": func(t *testing.T, p *ExpertPager) {
			startBackground(t, p)
			startPrefetch(t, p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeIO{offline: map[int64]bool{}}
				for e := range 4 {
					f.offline[int64(10*e)], f.offline[int64(10*e+1000)] = true, true
				}
				p := newPager(t, f, EvenSlots(2, 4, 1, 4), Options{MaxReads: 4})
				start(t, p)
				loadExperts(t, p, 1, 2)
			})
		})
	}
}

// No method of the pager is called meanwhile.
func TestBackgroundStoresAllExpertsWhileThePagerIsIdle(t *testing.T) {
	f := &fakeIO{}
	p := newPager(t, f, EvenSlots(2, 4, 1, 1), Options{})
	if err := p.StoreExperts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.reads(); strings.Count(got, "store") != 2*4*2 || !strings.Contains(got, "store 1130") {
		t.Errorf("of 16 ranges were stored: %s", got)
	}
	if s := p.Stats(); s != (Stats{}) {
		t.Errorf("the background is counted as paging: %+v", s)
	}
}

// The token's reads have ended, but nothing is uploaded until the next token.
func TestBackgroundGoesOnAfterAStoppedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 8, 4, 4), Options{MaxReads: 2})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { synctest.Wait(); cancel() }()
		if err := p.LoadExperts(ctx, 0, []int{0, 1, 2, 3}); !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v", err)
		}
		close(f.gate)
		stored := make(chan error, 1)
		go func() { stored <- p.StoreExperts(t.Context()) }()
		synctest.Wait()
		if len(stored) > 0 {
			t.Fatal("the background overtook the token")
		}
		p.Release()
		if err := <-stored; err != nil {
			t.Error(err)
		}
	})
}

func TestBackgroundEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{storeGate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 4, 1, 1), Options{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { synctest.Wait(); cancel() }()
		if err := p.StoreExperts(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		synctest.Wait()
		if p.queue.reads != 0 || len(p.queue.jobs[background]) != 0 {
			t.Errorf("%d reads and %d jobs are left", p.queue.reads, len(p.queue.jobs[background]))
		}
		loadExperts(t, p, 0, 1)
	})
}

func TestBackgroundEndsWithTheFirstError(t *testing.T) {
	full := errors.New("the disk is full")
	f := &fakeIO{fail: map[int64]error{10: full}}
	p := newPager(t, f, EvenSlots(1, 4, 1, 1), Options{MaxReads: 1})
	if err := p.StoreExperts(t.Context()); err != full {
		t.Errorf("error is %v, want %v", err, full)
	}
	if got, want := f.reads(), "store 0, store 1000, store 10"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCloseEndsTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{offline: map[int64]bool{0: true, 1000: true}}
		p := newPager(t, f, EvenSlots(1, 4, 1, 1), Options{})
		stored := make(chan error, 1)
		go func() { stored <- p.StoreExperts(t.Context()) }()
		synctest.Wait()
		p.Close()
		if p.queue.reads != 0 {
			t.Errorf("%d reads after Close", p.queue.reads)
		}
		if err := <-stored; !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if err := p.StoreExperts(t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("a closed pager stores: %v", err)
		}
	})
}
