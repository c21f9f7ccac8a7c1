package experts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/outrider-web/outrider/internal/errs"
)

// An expert leaves the table before the first byte of the next one is uploaded, which enters it after the last.
func TestTheTableNeverNamesAnIncompleteExpert(t *testing.T) {
	f := &fakeIO{}
	p := newPager(t, f, EvenSlots(1, 3, 1, 1), Options{MaxReads: 1})
	loadExperts(t, p, 0, 0)
	p.TokenDone([][]int{{0}})
	loadExperts(t, p, 0, 2)
	want := []string{
		"table ...", "read 0", "upload 0 to 0.0", "read 1000", "upload 1000 to 0.0", "table 0..",
		"table ...", "read 20", "upload 20 to 0.0", "read 1020", "upload 1020 to 0.0", "table ..0",
	}
	if !slices.Equal(f.calls, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(f.calls, "\n"), strings.Join(want, "\n"))
	}
}

// A read may start before the table is written: one in the background that ends starts the next.
func TestTheTableIsWrittenBeforeAnUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{}
		p := newPager(t, f, EvenSlots(1, 3, 1, 1), Options{MaxReads: 1})
		loadExperts(t, p, 0, 0)
		p.Release()
		l, _ := p.cache.Claim(ID{0, 2})
		p.startLoad(l, demand)
		p.queue.start(p.read)
		synctest.Wait()
		p.poll()
		synctest.Wait()
		written := slices.Index(f.calls[1:], "table ...")
		uploaded := slices.Index(f.calls[1:], "upload 20 to 0.0")
		if written < 0 || uploaded < written {
			t.Errorf("the calls were\n%s", strings.Join(f.calls, "\n"))
		}
	})
}

func TestTheBytesReadAtOnceAreBounded(t *testing.T) {
	for _, c := range []struct {
		budget, max int64
		reads       int
	}{{35, 30, 8}, {1000, 20, 2}, {5, 10, 8}} { // the last: a range larger than the budget is read alone
		f := &fakeIO{}
		p := newPager(t, f, EvenSlots(1, 8, 8, 8), Options{MaxBytes: c.budget, MaxReads: c.reads})
		loadExperts(t, p, 0, 0, 1, 2, 3, 4, 5, 6, 7)
		if f.maxBytes > c.max {
			t.Errorf("budget %d, %d reads: %d bytes were read at once, want at most %d", c.budget, c.reads, f.maxBytes, c.max)
		}
	}
}

func TestAFailedReadCanBeTriedAgain(t *testing.T) {
	lost := errs.New(errs.ConnectionLost, "gone")
	f := &fakeIO{fail: map[int64]error{1010: lost}}
	p := newPager(t, f, EvenSlots(1, 3, 1, 1), Options{MaxReads: 2})
	missing, _ := p.cache.Use(0, 1)
	if err := p.awaitLoads(t.Context(), 0, missing); !errors.Is(err, lost) {
		t.Fatalf("error is %v, want %v", err, lost)
	}
	if _, isResident := p.cache.Slot(ID{0, 1}); isResident {
		t.Error("half an expert is in the table")
	}
	if err := p.awaitLoads(t.Context(), 0, missing); err != nil {
		t.Fatal(err)
	}
	if at, isResident := p.cache.Slot(ID{0, 1}); !isResident || at != 0 {
		t.Errorf("the expert is in slot %d, %v", at, isResident)
	}
	if s := p.Stats(); s.Misses != 1 || s.Loads != 1 {
		t.Errorf("statistics %+v", s)
	}
}

func TestReadsGoOnWhenAWaitIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 3, 1, 1), Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.LoadExperts(ctx, 0, []int{1}); !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v", err)
		}
		p.Release()
		close(f.gate)
		loadExperts(t, p, 0, 1)
		if got := f.reads(); strings.Count(got, "read") != 2 {
			t.Errorf("the expert was read again: %s", got)
		}
	})
}

// More experts are needed than the layer has slots for beside the prefetches in progress: they wait.
func TestLoadExpertsWaitsForPrefetchesToFreeSlots(t *testing.T) {
	f := &fakeIO{}
	p := newPager(t, f, EvenSlots(1, 8, 1, 3), Options{MaxReads: 1})
	p.prefetch(ID{0, 1}, ID{0, 2})
	loadExperts(t, p, 0, 4, 5, 6)
	for _, e := range []int{4, 5, 6} {
		if _, isResident := p.cache.Slot(ID{0, e}); !isResident {
			t.Errorf("expert %d is not resident", e)
		}
	}
}

func TestLoadExpertsWithoutReleaseIsAnInternalError(t *testing.T) {
	p := newPager(t, &fakeIO{}, EvenSlots(1, 4, 1, 1), Options{})
	loadExperts(t, p, 0, 0)
	if err := p.LoadExperts(t.Context(), 0, []int{1}); errs.Of(err).Code != errs.Internal {
		t.Errorf("error is %v", err)
	}
}

func TestCloseWaitsForReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 4, 1, 3), Options{})
		p.prefetch(ID{0, 1}, ID{0, 2})
		synctest.Wait()
		p.Close()
		if p.queue.bytes != 0 || f.blobs != 0 {
			t.Errorf("%d bytes, %d blobs after Close", p.queue.bytes, f.blobs)
		}
		if err := p.LoadExperts(t.Context(), 0, []int{3}); !errors.Is(err, context.Canceled) {
			t.Errorf("a closed pager returns %v", err)
		}
	})
}

func TestNothingMoreIsUploadedOfAFailedExpert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeIO{gate: make(chan struct{})}
		p := newPager(t, f, EvenSlots(1, 3, 1, 2), Options{})
		p.prefetch(ID{0, 2})
		p.loads[ID{0, 2}].err = errors.New("its other half is gone")
		close(f.gate)
		synctest.Wait()
		p.poll()
		if last := f.calls[len(f.calls)-1]; strings.HasPrefix(last, "upload") {
			t.Errorf("the last call is %q", last)
		}
	})
}

func TestATableThatWasNotWrittenIsWrittenAgain(t *testing.T) {
	f := &fakeIO{}
	p := newPager(t, f, EvenSlots(1, 3, 1, 1), Options{})
	loadExperts(t, p, 0, 0)
	p.Release()
	f.tableErr, f.calls = errors.New("lost"), nil
	missing, _ := p.cache.Use(0, 1)
	if err := p.awaitLoads(t.Context(), 0, missing); err == nil {
		t.Fatal("the error is ignored")
	}
	if err := p.awaitLoads(t.Context(), 0, missing); err != nil {
		t.Fatal(err)
	}
	if f.calls[0] != "table ..." || f.calls[1] != "table ..." {
		t.Errorf("the calls were %q", f.calls)
	}
}

func TestAPagerWithoutATableIsAnError(t *testing.T) {
	lost := errors.New("lost")
	if _, err := NewExpertPager(EvenSlots(1, 3, 1, 1), &fakeIO{tableErr: lost}, twoRanges, Options{}); err != lost {
		t.Errorf("error is %v, want %v", err, lost)
	}
	_, err := NewExpertPager(EvenSlots(1, 3, 1, 1), &fakeIO{}, twoRanges, Options{Policy: "best"})
	if errs.Of(err).Code != errs.InvalidRequest || !strings.Contains(err.Error(), "lfu") {
		t.Errorf("an unknown policy: %v", err)
	}
}

func TestTokensAreCountedAndTraced(t *testing.T) {
	var trace [][][]int
	p := newPager(t, &fakeIO{}, EvenSlots(2, 4, 1, 2), Options{Trace: func(experts [][]int) {
		trace = append(trace, experts)
	}})
	loadExperts(t, p, 0, 3)
	loadExperts(t, p, 1, 2)
	p.TokenDone([][]int{{3}, {2}})
	p.TokenDone([][]int{{3}, {2}}) // without a miss, LoadExperts is not called
	if s := p.Stats(); s.Tokens != 2 || s.Hits != 2 || s.Misses != 2 {
		t.Errorf("statistics %+v", s)
	}
	if len(trace) != 2 || trace[1][0][0] != 3 {
		t.Errorf("the trace is %v", trace)
	}
}
