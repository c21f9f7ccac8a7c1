package experts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/outrider-web/outrider/internal/errs"
)

// fakeDevice keeps a diary. A read waits for its turn when gate is there.
type fakeDevice struct {
	mu     sync.Mutex
	diary  []string
	away   map[int64]bool // ranges, by Range.Offset, that wait for a network that does not come back
	gate   chan struct{}
	fail   map[int64]error // by Range.Offset
	blobs  int             // not released
	peak   int64
	inside int64
	broken error // of the next WriteTable
}

type fakeBlob struct {
	d *fakeDevice
	n int64
}

func (b fakeBlob) Len() int64 { return b.n }
func (b fakeBlob) Release() {
	b.d.mu.Lock()
	defer b.d.mu.Unlock()
	b.d.blobs--
	b.d.inside -= b.n
}

func (d *fakeDevice) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.diary = append(d.diary, fmt.Sprintf(format, args...))
}

func (d *fakeDevice) Read(ctx context.Context, r Range) (Blob, error) {
	d.note("read %d", r.Offset)
	if err := d.network(ctx, r); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.inside += r.Bytes
	d.peak = max(d.peak, d.inside)
	d.mu.Unlock()
	if d.gate != nil {
		select {
		case <-d.gate:
		case <-ctx.Done():
			d.mu.Lock()
			d.inside -= r.Bytes
			d.mu.Unlock()
			return nil, ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.fail[r.Offset]; err != nil {
		delete(d.fail, r.Offset)
		d.inside -= r.Bytes
		return nil, err
	}
	d.blobs++
	return fakeBlob{d, r.Bytes}, nil
}

func (d *fakeDevice) Keep(ctx context.Context, r Range) error {
	d.note("keep %d", r.Offset)
	return d.network(ctx, r)
}

func (d *fakeDevice) network(ctx context.Context, r Range) error {
	if d.away[r.Offset] {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (d *fakeDevice) Upload(layer, slot int, r Range, b Blob) error {
	d.note("upload %d to %d.%d", r.Offset, layer, slot)
	return nil
}

func (d *fakeDevice) WriteTable(table []uint32) error {
	d.note("table %s", show(table))
	err := d.broken
	d.broken = nil
	return err
}

// show writes a table with a dot for Miss.
func show(table []uint32) string {
	var b strings.Builder
	for _, s := range table {
		if s == Missing {
			b.WriteByte('.')
		} else {
			fmt.Fprint(&b, s)
		}
	}
	return b.String()
}

// twoRanges: expert e of layer l is 10 bytes at 100·l + 10·e, and 10 more a thousand further.
func twoRanges(id ID) []Range {
	at := int64(100*id.Layer + 10*id.Expert)
	return []Range{{Matrix: 0, Offset: at, Bytes: 10}, {Matrix: 1, Offset: at + 1000, Bytes: 10}}
}

func newPager(t *testing.T, d *fakeDevice, s Shape, o Options) *ExpertPager {
	p := NewExpertPager(newCache(t, s, "lru"), d, twoRanges, o)
	t.Cleanup(func() {
		p.Close()
		if d.blobs != 0 || p.InFlight() != 0 {
			t.Errorf("%d blobs were not released, %d bytes are in flight", d.blobs, p.InFlight())
		}
	})
	return p
}

func fetch(t *testing.T, p *ExpertPager, layer int, experts ...int) {
	t.Helper()
	missing, err := p.Use(layer, experts...)
	if err == nil {
		err = p.LoadExperts(t.Context(), layer, missing...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An expert leaves the table before the first byte of its successor, which enters behind the last.
func TestTheTableIsTrueAtEveryMoment(t *testing.T) {
	d := &fakeDevice{}
	p := newPager(t, d, EvenSlots(1, 3, 1, 1), Options{Reads: 1})
	fetch(t, p, 0, 0)
	p.Release(1)
	fetch(t, p, 0, 2)
	want := []string{
		"table ...", "read 0", "upload 0 to 0.0", "read 1000", "upload 1000 to 0.0", "table 0..",
		"table ...", "read 20", "upload 20 to 0.0", "read 1020", "upload 1020 to 0.0", "table ..0",
	}
	if !slices.Equal(d.diary, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(d.diary, "\n"), strings.Join(want, "\n"))
	}
}

func TestDemandComesBeforeGuessesBeforeTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := newPager(t, d, EvenSlots(2, 4, 1, 3), Options{Reads: 1})
		p.PrefetchExperts(ID{0, 3}) // begins at once: nothing else is there
		p.Keep(ID{1, 0})
		p.PrefetchExperts(ID{0, 1})
		synctest.Wait()
		go func() {
			for range 6 {
				d.gate <- struct{}{}
			}
		}()
		fetch(t, p, 1, 2)
		for !p.Kept() {
			synctest.Wait()
			p.Poll()
		}
		got, want := reads(d), "read 30, read 120, read 1120, read 1030, read 10, read 1010, keep 100, keep 1100"
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// reads are what the diary says of reading.
func reads(d *fakeDevice) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for _, s := range d.diary {
		if strings.HasPrefix(s, "read") || strings.HasPrefix(s, "keep") {
			list = append(list, s)
		}
	}
	return strings.Join(list, ", ")
}

func TestAGuessThatATokenWaitsForIsHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := newPager(t, d, EvenSlots(2, 4, 1, 4), Options{Reads: 1})
		p.PrefetchExperts(ID{0, 1}, ID{0, 2}, ID{1, 3})
		go func() {
			for range 6 {
				d.gate <- struct{}{}
			}
		}()
		fetch(t, p, 1, 3)
		if got, want := reads(d), "read 10, read 130, read 1130"; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s first", got, want)
		}
		if s := p.Stats(); s.PrefetchesLate != 1 || s.Misses != 1 {
			t.Errorf("statistics %+v", s)
		}
		for range 4 {
			synctest.Wait()
			p.Poll()
		}
	})
}

func TestBytesInFlightAreBounded(t *testing.T) {
	for _, c := range []struct {
		budget, peak int64
		reads        int
	}{{35, 30, 8}, {1000, 20, 2}, {5, 10, 8}} { // the last: a range larger than the budget goes alone
		d := &fakeDevice{}
		p := newPager(t, d, EvenSlots(1, 8, 8, 8), Options{Budget: c.budget, Reads: c.reads})
		fetch(t, p, 0, 0, 1, 2, 3, 4, 5, 6, 7)
		if d.peak > c.peak {
			t.Errorf("budget %d, %d reads: %d bytes were in flight, want at most %d", c.budget, c.reads, d.peak, c.peak)
		}
	}
}

func TestAFailedReadCanBeTriedAgain(t *testing.T) {
	lost := errs.New(errs.ConnectionLost, "gone").AsRetryable()
	d := &fakeDevice{fail: map[int64]error{1010: lost}}
	p := newPager(t, d, EvenSlots(1, 3, 1, 1), Options{Reads: 2})
	missing, _ := p.Use(0, 1)
	if err := p.LoadExperts(t.Context(), 0, missing...); !errors.Is(err, lost) {
		t.Fatalf("error is %v, want %v", err, lost)
	}
	if _, there := p.Slot(ID{0, 1}); there {
		t.Error("half an expert is in the table")
	}
	if err := p.LoadExperts(t.Context(), 0, missing...); err != nil {
		t.Fatal(err)
	}
	if at, there := p.Slot(ID{0, 1}); !there || at != 0 {
		t.Errorf("the expert lies in slot %d, %v", at, there)
	}
	if s := p.Stats(); s.Misses != 1 || s.Loads != 1 {
		t.Errorf("statistics %+v", s)
	}
}

func TestAGuessThatFailsIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{fail: map[int64]error{20: errors.New("gone")}}
		p := newPager(t, d, EvenSlots(1, 3, 1, 2), Options{Reads: 1})
		p.PrefetchExperts(ID{0, 2})
		synctest.Wait()
		if err := p.Poll(); err != nil {
			t.Fatal(err)
		}
		if p.Loading(ID{0, 2}) {
			t.Error("its slot is still being filled")
		}
		fetch(t, p, 0, 2)
	})
}

func TestAStoppedWaitLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := newPager(t, d, EvenSlots(1, 3, 1, 1), Options{})
		missing, _ := p.Use(0, 1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.LoadExperts(ctx, 0, missing...); !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v", err)
		}
		p.Release(0)
		close(d.gate)
		fetch(t, p, 0, 1)
		if got := reads(d); strings.Count(got, "read") != 2 {
			t.Errorf("the expert was read again: %s", got)
		}
	})
}

func TestForgottenGuessesGiveTheirSlotsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := newPager(t, d, EvenSlots(1, 8, 1, 4), Options{Reads: 1})
		p.PrefetchExperts(ID{0, 1}, ID{0, 2})
		p.CancelPrefetches()
		if !p.Loading(ID{0, 1}) || p.Loading(ID{0, 2}) {
			t.Error("a guess under way stays, one not begun goes")
		}
		close(d.gate)
		synctest.Wait()
	})
}

// More experts are asked for than the layer can take beside the guesses it is being filled with: they wait.
func TestDemandWaitsForGuessesToMakeRoom(t *testing.T) {
	d := &fakeDevice{}
	p := newPager(t, d, EvenSlots(1, 8, 1, 3), Options{Reads: 1})
	p.PrefetchExperts(ID{0, 1}, ID{0, 2})
	fetch(t, p, 0, 4, 5, 6)
	for _, e := range []int{4, 5, 6} {
		if _, there := p.Slot(ID{0, e}); !there {
			t.Errorf("expert %d is not there", e)
		}
	}
}

func TestHoldingEverythingIsABugThatIsNamed(t *testing.T) {
	p := newPager(t, &fakeDevice{}, EvenSlots(1, 4, 1, 1), Options{})
	fetch(t, p, 0, 0)
	missing, _ := p.Use(0, 1) // without Release
	if err := p.LoadExperts(t.Context(), 0, missing...); errs.Of(err).Code != errs.Internal {
		t.Errorf("error is %v", err)
	}
}

func TestCloseWaitsForReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := NewExpertPager(newCache(t, EvenSlots(1, 4, 1, 3), "lru"), d, twoRanges, Options{})
		p.PrefetchExperts(ID{0, 1}, ID{0, 2})
		synctest.Wait()
		p.Close()
		if p.InFlight() != 0 || d.blobs != 0 {
			t.Errorf("%d bytes, %d blobs after Close", p.InFlight(), d.blobs)
		}
	})
}

func TestWhatIsLessUrgentWaitsBehindWhatDoesNotFit(t *testing.T) {
	q := queue{budget: 10, maxReads: 4}
	for _, j := range []struct {
		priority Priority
		bytes    int64
	}{{Guess, 1}, {Demand, 8}, {Demand, 8}} {
		q.add(&job{priority: j.priority, rest: []Range{{Bytes: j.bytes}}})
	}
	first, r, ok := q.next()
	if !ok || first.priority != Demand {
		t.Fatalf("first comes %+v, %v", first, ok)
	}
	if j, _, ok := q.next(); ok {
		t.Errorf("%+v overtakes a token", j)
	}
	q.end(first, r, nil)
	if j, _, ok := q.next(); !ok || j.priority != Demand {
		t.Errorf("then comes %+v, %v", j, ok)
	}
}

func TestNothingMoreIsUploadedOfAFailedExpert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{gate: make(chan struct{})}
		p := newPager(t, d, EvenSlots(1, 3, 1, 2), Options{})
		p.PrefetchExperts(ID{0, 2})
		p.loads[ID{0, 2}].err = errors.New("its other half is gone")
		close(d.gate)
		synctest.Wait()
		p.Poll()
		if last := d.diary[len(d.diary)-1]; strings.HasPrefix(last, "upload") {
			t.Errorf("the diary ends with %q", last)
		}
	})
}

func TestATableThatWasNotWrittenIsWrittenAgain(t *testing.T) {
	d := &fakeDevice{broken: errors.New("lost")}
	p := newPager(t, d, EvenSlots(1, 3, 1, 1), Options{})
	missing, _ := p.Use(0, 1)
	if err := p.LoadExperts(t.Context(), 0, missing...); err == nil {
		t.Fatal("the error is swallowed")
	}
	if err := p.LoadExperts(t.Context(), 0, missing...); err != nil {
		t.Fatal(err)
	}
	if d.diary[1] != "table ..." {
		t.Errorf("after the failure: %q", d.diary[1])
	}
}

func TestAFailedGuessDoesNotDisturbAToken(t *testing.T) {
	d := &fakeDevice{fail: map[int64]error{10: errors.New("gone")}}
	p := newPager(t, d, EvenSlots(2, 3, 1, 2), Options{Reads: 1})
	p.PrefetchExperts(ID{0, 1})
	fetch(t, p, 1, 2)
}

// While the network is away, guesses and the background wait for it; a token whose experts are stored does not.
func TestATokenDoesNotWaitForTheNetworkOfOthers(t *testing.T) {
	for name, begin := range map[string]func(*ExpertPager){
		"guesses":    func(p *ExpertPager) { p.PrefetchExperts(ID{0, 1}, ID{0, 2}, ID{0, 3}) },
		"background": func(p *ExpertPager) { p.Keep(ID{0, 1}, ID{0, 2}, ID{0, 3}) },
		"both": func(p *ExpertPager) {
			p.Keep(ID{0, 1}, ID{0, 2}, ID{0, 3})
			p.PrefetchExperts(ID{0, 1}, ID{0, 2}, ID{0, 3})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &fakeDevice{away: map[int64]bool{}}
				for e := range 4 {
					d.away[int64(10*e)], d.away[int64(10*e+1000)] = true, true
				}
				p := newPager(t, d, EvenSlots(2, 4, 1, 4), Options{Reads: 4})
				begin(p)
				fetch(t, p, 1, 2)
			})
		})
	}
}

func TestReadsAreSharedByUrgency(t *testing.T) {
	q := queue{budget: 1000, maxReads: 4}
	many := func(p Priority) *job {
		j := &job{priority: p, rest: make([]Range, 9)}
		q.add(j)
		return j
	}
	begun := func() (n int) {
		for {
			if _, _, ok := q.next(); !ok {
				return n
			}
			n++
		}
	}
	background := many(Background)
	if n := begun(); n != 2 {
		t.Errorf("%d of 4 reads in the background", n)
	}
	guess := many(Guess)
	if n := begun(); n != 1 {
		t.Errorf("%d more on guesses", n)
	}
	q.raise(guess)
	if n := begun(); n != 1 || q.running != [numPriorities]int{2, 0, 2} {
		t.Errorf("%d more on demand, running %v", n, q.running)
	}
	q.end(background, Range{}, nil)
	if n := begun(); n != 1 || q.running != [numPriorities]int{3, 0, 1} {
		t.Errorf("%d in the place of one that ended, running %v", n, q.running)
	}
}

func TestOneReadAtATimeStillServesTheBackground(t *testing.T) {
	q := queue{budget: 10, maxReads: 1}
	q.add(&job{priority: Background, rest: make([]Range, 1)})
	if _, _, ok := q.next(); !ok {
		t.Error("nothing is ever kept")
	}
}

// What is begun is read while others are guessed at, and found by Fetch.
func TestDemandsMayBeginBeforeTheyAreWaitedFor(t *testing.T) {
	d := &fakeDevice{}
	p := newPager(t, d, EvenSlots(2, 4, 1, 3), Options{Reads: 1})
	missing, _ := p.Use(0, 1)
	if err := errors.Join(p.StartLoads(0, missing...), p.PrefetchExperts(ID{1, 3})); err != nil {
		t.Fatal(err)
	}
	before := p.Stats()
	if free := p.NumFreeSlots(1); free != 2 {
		t.Errorf("%d slots are free beside one that is being filled, want 2 of 3", free)
	}
	if err := p.LoadExperts(t.Context(), 0, missing...); err != nil {
		t.Fatal(err)
	}
	if got, want := reads(d), "read 10, read 1010"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s first", got, want)
	}
	if s := p.Stats().Since(before); s.Reads != 2 || s.Loads != 1 || s.Misses != 0 || p.Stats().Misses != 1 {
		t.Errorf("since it was begun: %+v", s)
	}
}
