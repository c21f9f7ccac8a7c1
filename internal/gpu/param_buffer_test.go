package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestReleasedEntriesAreJoined(t *testing.T) {
	p := &paramBuffer{free: []entryRange{{0, 100}}}
	r := rand.New(rand.NewPCG(3, 4))
	used := map[int]bool{}
	var acquired []entryRange
	for range 2000 {
		if n := 1 + r.IntN(20); r.IntN(2) == 0 {
			if s, ok := p.acquire(n); ok {
				acquired = append(acquired, s)
				mark(t, used, s, true)
			}
		} else if len(acquired) > 0 {
			i := r.IntN(len(acquired))
			mark(t, used, acquired[i], false)
			p.release(acquired[i])
			acquired = append(acquired[:i], acquired[i+1:]...)
		}
	}
	for _, s := range acquired {
		p.release(s)
	}
	if got := fmt.Sprint(p.free); got != "[{0 100}]" {
		t.Errorf("free: %s", got)
	}
}

// mark marks entries as used or free, and fails when they were so already.
func mark(t *testing.T, used map[int]bool, s entryRange, acquire bool) {
	t.Helper()
	for i := s.first; i < s.first+s.n; i++ {
		if used[i] == acquire {
			t.Fatalf("entry %d is acquired twice, or released twice", i)
		}
		used[i] = acquire
	}
}
