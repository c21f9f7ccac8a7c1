package experts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
)

func newCache(t testing.TB, s Shape, policy string) *Cache {
	t.Helper()
	p, err := NewPolicy(policy, len(s.Slots), s.NumExperts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCache(s, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// use loads one expert of layer 0, as a token would, and returns what happened: "h" for a hit, "." for a load into a
// free slot, or the number of the evicted expert.
func use(t testing.TB, c *Cache, expert int) string {
	t.Helper()
	defer c.Release(1)
	missing, err := c.Use(0, expert)
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) == 0 {
		return "h"
	}
	l, ok := c.Claim(ID{0, expert})
	if !ok {
		t.Fatalf("no slot for expert %d", expert)
	}
	c.FinishLoad(l)
	if l.Evicted == None {
		return "."
	}
	return fmt.Sprint(l.Evicted)
}

// policyCases are about one layer of 4 experts. Below the expert of each token is what use returns for it.
var policyCases = []struct {
	policy  string
	slots   int
	experts string
	want    string
}{
	{"lru", 2,
		"0 1 0 2 0 1 1 3 0",
		". . h 1 h 2 h 0 1"},
	{"lfu:1000", 2, // 0 is used most, and is not evicted at first
		"0 0 0 1 2 1 0 3 3 3 3 2 0",
		". h h . 1 2 h 1 h h h 0 2"},
	{"lfu:4", 2, // old uses count less: 0 is evicted although it was used more often
		"0 0 0 0 0 1 1 1 1 2",
		". h h h h . h h h 0"},
	{"stale", 2, // 0 is evicted although it was just used: it was loaded first
		"0 1 0 1 0 2 1 0",
		". . h h h 0 h 1"},
	{"lru", 1,
		"0 0 1 0 3",
		". h 0 1 0"},
	{"lru", 4, // a slot for every expert: none is evicted
		"0 1 2 3 0 1 2 3",
		". . . . h h h h"},
}

func TestPoliciesEvictTheRightExpert(t *testing.T) {
	for _, h := range policyCases {
		c := newCache(t, EvenSlots(1, 4, 1, h.slots), h.policy)
		var got []string
		for _, e := range strings.Fields(h.experts) {
			got = append(got, use(t, c, int(e[0]-'0')))
		}
		if strings.Join(got, " ") != h.want {
			t.Errorf("%s, %d slots\nuses %s\ngot  %s\nwant %s", h.policy, h.slots, h.experts, strings.Join(got, " "), h.want)
		}
	}
}

func TestTableHoldsTheSlotOfEachResidentExpert(t *testing.T) {
	c := newCache(t, Shape{NumExperts: 3, NumExpertsUsed: 1, Slots: []int{2, 1}}, "lru")
	const m = Missing
	check := func(when string, want ...uint32) {
		t.Helper()
		if !slices.Equal(c.Table(), want) {
			t.Errorf("%s: table %v, want %v", when, c.Table(), want)
		}
	}
	check("at first", m, m, m, m, m, m)
	a, _ := c.Claim(ID{0, 2})
	check("while it loads", m, m, m, m, m, m)
	c.FinishLoad(a)
	check("loaded", m, m, 0, m, m, m)
	b, _ := c.Claim(ID{1, 0})
	c.FinishLoad(b)
	check("in a layer of one slot", m, m, 0, 0, m, m)
	d, _ := c.Claim(ID{1, 1})
	check("while its slot is being loaded into", m, m, 0, m, m, m)
	c.AbandonLoad(d)
	check("after that load has failed", m, m, 0, m, m, m)
	if d.Evicted != 0 || d.Slot != 0 {
		t.Errorf("the load is %+v", d)
	}
	if e, ok := c.Claim(ID{1, 1}); !ok || e.Evicted != None {
		t.Errorf("after the failure the slot is not free: %+v, %v", e, ok)
	}
}

func TestChangedReportsEachChangeOnce(t *testing.T) {
	c := newCache(t, EvenSlots(1, 2, 1, 1), "lru")
	if !c.Changed() || c.Changed() {
		t.Error("a new table is to be written exactly once")
	}
	l, _ := c.Claim(ID{0, 1})
	if c.Changed() {
		t.Error("claiming a free slot does not change the table")
	}
	if c.FinishLoad(l); !c.Changed() {
		t.Error("a loaded expert changes the table")
	}
}

func TestTooFewSlotsAreAnOutOfMemoryError(t *testing.T) {
	_, err := NewCache(Shape{NumExperts: 4, NumExpertsUsed: 2, Slots: []int{2, 1}}, NewLRU(2, 4))
	if e := errs.Of(err); e.Code != errs.OutOfMemory || !strings.Contains(e.Message, "1 experts of layer 1, but 2") {
		t.Errorf("error is %v", err)
	}
	c := newCache(t, EvenSlots(1, 4, 1, 2), "lru")
	if _, err := c.Use(0, 1, 2, 3); errs.Of(err).Code != errs.OutOfMemory {
		t.Errorf("three experts in two slots: %v", err)
	}
	if s := c.Stats(); s.Misses != 0 {
		t.Errorf("a refused Use counts %d misses", s.Misses)
	}
}

func TestFitMemoryGivesLayersSlotsEvenly(t *testing.T) {
	for _, c := range []struct {
		available int64
		bytes     []int64
		want      []int
	}{
		{70, []int64{10, 10, 10}, []int{3, 2, 2}},
		{1000, []int64{10, 10, 10}, []int{4, 4, 4}}, // no more slots than experts
		{30, []int64{10, 10, 10}, []int{1, 1, 1}},
		{75, []int64{30, 10, 10}, []int{1, 2, 2}}, // the large experts no longer fit first
	} {
		s, err := FitMemory(c.available, c.bytes, 4, 1)
		if err != nil || !slices.Equal(s.Slots, c.want) {
			t.Errorf("%d bytes for experts of %v: slots %v, %v; want %v", c.available, c.bytes, s.Slots, err, c.want)
		}
	}
	if _, err := FitMemory(25, []int64{10, 10, 10}, 4, 1); errs.Of(err).Code != errs.OutOfMemory {
		t.Errorf("error is %v", err)
	}
}

func TestPinnedExpertsAreNotEvicted(t *testing.T) {
	c := newCache(t, EvenSlots(1, 4, 2, 2), "lru")
	c.Use(0, 0, 1)
	for _, e := range []int{0, 1} {
		l, _ := c.Claim(ID{0, e})
		c.FinishLoad(l)
	}
	if l, ok := c.Claim(ID{0, 2}); ok {
		t.Errorf("an expert of the current token was evicted: %+v", l)
	}
	c.Release(1)
	if _, ok := c.Claim(ID{0, 2}); !ok {
		t.Error("no slot could be claimed after Release")
	}
}

func TestPrefetchesLeaveSlotsForATokensExperts(t *testing.T) {
	c := newCache(t, EvenSlots(1, 8, 2, 4), "lru")
	var claimed []bool
	for e := range 4 {
		_, ok := c.ClaimForPrefetch(ID{0, e})
		claimed = append(claimed, ok)
	}
	if !slices.Equal(claimed, []bool{true, true, false, false}) {
		t.Errorf("claimed for prefetch: %v", claimed)
	}
	c.Use(0, 6, 7)
	for _, e := range []int{6, 7} {
		if _, ok := c.Claim(ID{0, e}); !ok {
			t.Errorf("no slot for expert %d", e)
		}
	}
	if _, ok := newCache(t, EvenSlots(1, 8, 1, 1), "lru").ClaimForPrefetch(ID{0, 1}); ok {
		t.Error("the only slot was claimed for a prefetch")
	}
}

func TestStatsCountPrefetches(t *testing.T) {
	c := newCache(t, Shape{NumExperts: 8, NumExpertsUsed: 1, Slots: []int{4}, ExpertBytes: []int64{10}}, "lru")
	right, _ := c.ClaimForPrefetch(ID{0, 1})
	late, _ := c.ClaimForPrefetch(ID{0, 2})
	wrong, _ := c.ClaimForPrefetch(ID{0, 3})
	c.FinishLoad(right)
	c.FinishLoad(wrong)
	use(t, c, 1)
	use(t, c, 1)
	if missing, _ := c.Use(0, 2); len(missing) != 1 {
		t.Error("an expert that is loading must be missing")
	}
	c.Promote(late)
	c.FinishLoad(late)
	c.Release(1)
	use(t, c, 2)
	want := Stats{Tokens: 4, Hits: 3, Misses: 1, Loads: 3, Bytes: 30, Prefetches: 3, PrefetchesUsed: 1, PrefetchesLate: 1}
	if got := c.Stats(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if a := c.Stats().PrefetchAccuracy(); a < 0.66 || a > 0.67 {
		t.Errorf("accuracy %g, want 2 of 3", a)
	}
}

// checkConsistent checks that the table agrees with the slots.
func checkConsistent(t *testing.T, c *Cache) {
	t.Helper()
	inTable := 0
	for place, at := range c.table {
		if at == Missing {
			continue
		}
		inTable++
		s := c.slots[place/c.shape.NumExperts][at]
		if s.state != resident || s.expert != place%c.shape.NumExperts {
			t.Fatalf("the table says that expert %d is in slot %d, which holds %+v", place, at, s)
		}
	}
	inSlots := 0
	for _, slots := range c.slots {
		for _, s := range slots {
			if s.state == resident {
				inSlots++
			}
		}
	}
	if inTable != inSlots {
		t.Fatalf("%d experts are in the table, %d in slots", inTable, inSlots)
	}
}

// Random tokens, prefetches, failures and slow loads.
func TestTableAndSlotsAgreeAndPinnedExpertsStay(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		used := 1 + r.IntN(3)
		s := Shape{NumExperts: used + r.IntN(6), NumExpertsUsed: used}
		for range 1 + r.IntN(4) {
			s.Slots = append(s.Slots, used+r.IntN(s.NumExperts-used+1))
		}
		c := newCache(t, s, []string{"lru", "lfu:5", "stale"}[seed%3])
		var prefetches []Load
		for range 200 {
			layer := r.IntN(len(s.Slots))
			missing, err := c.Use(layer, r.Perm(s.NumExperts)[:used]...)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range missing {
				id := ID{layer, e}
				if i := slices.IndexFunc(prefetches, func(l Load) bool { return l.ID == id }); i >= 0 {
					c.Promote(prefetches[i])
					c.FinishLoad(prefetches[i])
					prefetches = slices.Delete(prefetches, i, i+1)
					continue
				}
				l, ok := c.Claim(id)
				if !ok {
					t.Fatalf("seed %d: no slot for %+v among %d", seed, id, s.Slots[layer])
				}
				checkEvicted(t, c, l)
				c.FinishLoad(l)
			}
			if l, ok := c.ClaimForPrefetch(ID{r.IntN(len(s.Slots)), r.IntN(s.NumExperts)}); ok {
				checkEvicted(t, c, l)
				prefetches = append(prefetches, l)
			}
			if len(prefetches) > 0 && r.IntN(2) == 0 {
				if r.IntN(4) == 0 {
					c.AbandonLoad(prefetches[0])
				} else {
					c.FinishLoad(prefetches[0])
				}
				prefetches = prefetches[1:]
			}
			checkConsistent(t, c)
			c.Release(1)
		}
	}
}

func checkEvicted(t *testing.T, c *Cache, l Load) {
	t.Helper()
	if l.Evicted != None && c.pinned[ID{l.Layer, l.Evicted}] {
		t.Fatalf("pinned expert %d was evicted for %+v", l.Evicted, l)
	}
}

// naiveHits counts the hits of the simplest LRU: a list, newest last.
func naiveHits(experts []int, slots int) (hits int64) {
	var list []int
	for _, e := range experts {
		if i := slices.Index(list, e); i >= 0 {
			hits++
			list = slices.Delete(list, i, i+1)
		} else if len(list) == slots {
			list = list[1:]
		}
		list = append(list, e)
	}
	return hits
}

func TestLRUHitsAsOftenAsANaiveOne(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		slots := 1 + r.IntN(8)
		c := newCache(t, EvenSlots(1, 8, 1, slots), "lru")
		var experts []int
		for range 500 {
			e := min(r.IntN(8), r.IntN(8))
			experts = append(experts, e)
			use(t, c, e)
		}
		if got, want := c.Stats().Hits, naiveHits(experts, slots); got != want {
			t.Errorf("%d slots: %d hits, a naive LRU has %d", slots, got, want)
		}
	}
}

func TestPoliciesHaveNames(t *testing.T) {
	for _, name := range []string{"lru", "lfu", "lfu:7", "stale", DefaultPolicy} {
		if _, err := NewPolicy(name, 1, 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "fifo", "lru:3", "lfu:", "lfu:0", "lfu:x", "stale:1"} {
		if _, err := NewPolicy(name, 1, 1); err == nil || !strings.Contains(err.Error(), "stale") {
			t.Errorf("%q: error %v, want one that lists the policies", name, err)
		}
	}
}

func BenchmarkTokenWithoutAMiss(b *testing.B) {
	c := newCache(b, EvenSlots(48, 16, 1, 16), "lfu")
	for layer := range 48 {
		for e := range 16 {
			l, _ := c.Claim(ID{layer, e})
			c.FinishLoad(l)
		}
	}
	for i := range b.N {
		for layer := range 48 {
			c.Use(layer, (i+layer)%16)
		}
		c.Release(1)
	}
}

func BenchmarkMiss(b *testing.B) {
	for _, policy := range []string{"lru", "lfu", "stale"} {
		b.Run(policy, func(b *testing.B) {
			c := newCache(b, EvenSlots(1, 128, 1, 64), policy)
			for i := range b.N {
				use(b, c, i%128)
			}
		})
	}
}

// An LFU that counted only uses would evict a prefetched expert before the token that it is for.
func TestLFUKeepsAPrefetchedExpertBeforeOneUsedOnce(t *testing.T) {
	c := newCache(t, EvenSlots(1, 8, 1, 3), "lfu:100")
	for _, e := range []int{0, 0, 0, 1} {
		use(t, c, e)
	}
	prefetched, _ := c.ClaimForPrefetch(ID{0, 2})
	c.FinishLoad(prefetched)
	if evicted := use(t, c, 3); evicted != "1" {
		t.Errorf("expert 3 evicted %s, want 1", evicted)
	}
}
