package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestSlotsComeBackWhole(t *testing.T) {
	p := &page{free: []span{{0, 100}}}
	r := rand.New(rand.NewPCG(3, 4))
	used := map[int]bool{}
	var taken []span
	for range 2000 {
		if n := 1 + r.IntN(20); r.IntN(2) == 0 {
			if s, ok := p.take(n); ok {
				taken = append(taken, s)
				mark(t, used, s, true)
			}
		} else if len(taken) > 0 {
			i := r.IntN(len(taken))
			mark(t, used, taken[i], false)
			p.give(taken[i])
			taken = append(taken[:i], taken[i+1:]...)
		}
	}
	for _, s := range taken {
		p.give(s)
	}
	if got := fmt.Sprint(p.free); got != "[{0 100}]" {
		t.Errorf("free: %s", got)
	}
}

// mark notes slots as taken or given back, and fails when they were already.
func mark(t *testing.T, used map[int]bool, s span, take bool) {
	t.Helper()
	for i := s.first; i < s.first+s.n; i++ {
		if used[i] == take {
			t.Fatalf("slot %d is handed out twice, or given back twice", i)
		}
		used[i] = take
	}
}

func TestFoldCoversEveryWorkgroup(t *testing.T) {
	for _, n := range []int{1, 2, 65535, 65536, 131071, 10_000_000} {
		g := fold(n)
		if g[0] > maxGrid || g[1] > maxGrid || g[0]*g[1] < n || (g[0]-1)*g[1] >= n {
			t.Errorf("fold(%d) = %v", n, g)
		}
	}
}

func TestTableUsesNumbersAgain(t *testing.T) {
	var x table[string]
	a, b := x.add("a"), x.add("b")
	x.drop(a)
	if c := x.add("c"); c != a || x.items[c] != "c" || x.items[b] != "b" {
		t.Errorf("%d %v", c, x.items)
	}
}
