package experts

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAPrefetchThatATokenWaitsForIsReadFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(2, 4, 1, 4), Options{MaxReads: 1})
		p.prefetch(ID{0, 1}, ID{0, 2}, ID{1, 3})
		go func() {
			for range 6 {
				f.gate <- struct{}{}
			}
		}()
		loadExperts(t, p, 1, 3)
		if got, want := f.reads(), "read 10, read 130, read 1130"; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s first", got, want)
		}
		if s := p.Stats(); s.PrefetchesLate != 1 || s.Misses != 1 {
			t.Errorf("statistics %+v", s)
		}
		for range 4 {
			synctest.Wait()
			p.poll()
		}
	})
}

func TestTheErrorOfAPrefetchIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{fail: map[int64]error{20: errors.New("gone")}}
		p := newPager(t, f, EvenSlots(1, 3, 1, 2), Options{MaxReads: 1})
		p.prefetch(ID{0, 2})
		synctest.Wait()
		if err := p.poll(); err != nil {
			t.Fatal(err)
		}
		if p.cache.Loading(ID{0, 2}) {
			t.Error("its slot is still being loaded into")
		}
		loadExperts(t, p, 0, 2)
	})
}

func TestAFailedPrefetchDoesNotDisturbAToken(t *testing.T) {
	f := &fakeIO{fail: map[int64]error{10: errors.New("gone")}}
	p := newPager(t, f, EvenSlots(2, 3, 1, 2), Options{MaxReads: 1})
	p.prefetch(ID{0, 1})
	loadExperts(t, p, 1, 2)
}

func TestCancelledPrefetchesFreeTheirSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 8, 1, 4), Options{MaxReads: 1})
		p.prefetch(ID{0, 1}, ID{0, 2})
		p.cancelPrefetches()
		if !p.cache.Loading(ID{0, 1}) || p.cache.Loading(ID{0, 2}) {
			t.Error("a prefetch that has started goes on, one that has not is cancelled")
		}
		close(f.gate)
		synctest.Wait()
	})
}

// What has started is read while others are prefetched, and awaitLoads finds it.
func TestLoadsMayStartBeforeTheyAreWaitedFor(t *testing.T) {
	f := &fakeIO{}
	p := newPager(t, f, EvenSlots(2, 4, 1, 3), Options{MaxReads: 1})
	missing, _ := p.cache.Use(0, 1)
	_, err := p.startLoads(0, missing)
	if err := errors.Join(err, p.prefetch(ID{1, 3})); err != nil {
		t.Fatal(err)
	}
	before := p.Stats()
	if free := p.cache.NumFreeSlots(1); free != 2 {
		t.Errorf("%d slots are free beside one that is being loaded into, want 2 of 3", free)
	}
	if err := p.awaitLoads(t.Context(), 0, missing); err != nil {
		t.Fatal(err)
	}
	if got, want := f.reads(), "read 10, read 1010"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s first", got, want)
	}
	if s := p.Stats().Since(before); s.Reads != 2 || s.Loads != 1 || s.Misses != 0 || p.Stats().Misses != 1 {
		t.Errorf("since the start: %+v", s)
	}
}

func TestAMissPrefetchesWhatUsuallyFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{}
		p := newPager(t, f, EvenSlots(2, 4, 1, 2), Options{Prefetch: true})
		for range minSeen {
			p.TokenDone([][]int{{1}, {2}})
		}
		loadExperts(t, p, 0, 1)
		synctest.Wait()
		p.poll()
		if p.Slot(1, 2) == Missing {
			t.Errorf("expert 2 of layer 1 was not prefetched: %s", f.reads())
		}
	})
}

func TestABatchPrefetchesIntoFreeSlotsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPager(t, &fakeIO{}, EvenSlots(1, 4, 1, 3), Options{Prefetch: true})
		loadExperts(t, p, 0, 3)
		p.Release()
		p.PrefetchLayer(0, 3) // fewer tokens than experts
		if s := p.Stats(); s.Prefetches != 0 {
			t.Errorf("a small batch makes %d prefetches", s.Prefetches)
		}
		p.PrefetchLayer(0, 4)
		synctest.Wait()
		p.poll()
		if s := p.Stats(); s.Prefetches != 2 || s.Evictions != 0 || p.Slot(0, 3) == Missing {
			t.Errorf("statistics %+v", s)
		}
	})
}
