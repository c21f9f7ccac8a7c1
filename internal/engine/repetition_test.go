package engine

import (
	"math/rand/v2"
	"testing"
)

// addAll adds tokens and returns after how many of them the text counts as repeating itself; -1 for never.
func addAll(tokens []int32) int {
	var r repetition
	for i, token := range tokens {
		if r.add(token) {
			return i + 1
		}
	}
	return -1
}

// passages returns a beginning of random tokens, and then the same passage of n tokens so many times.
func passages(beginning, n, times int) []int32 {
	random := rand.New(rand.NewPCG(1, 2))
	tokens := make([]int32, beginning+n*times)
	for i := range tokens {
		tokens[i] = int32(random.IntN(5000))
		if i >= beginning+n {
			tokens[i] = tokens[i-n]
		}
	}
	return tokens
}

func TestTheSamePassageAgainAndAgainIsARepetition(t *testing.T) {
	for _, c := range []struct{ beginning, n, times, want int }{
		{10, 1, 400, 10 + 1 + 240},
		{0, 7, 100, 7 + 240},
		{33, 40, 10, 33 + 40 + 240},
		{5, 160, 10, 5 + 160 + 640},
		{0, 161, 10, -1},
		{300, 40, 6, -1},
		{500, 1, 200, -1},
	} {
		if got := addAll(passages(c.beginning, c.n, c.times)); got != c.want {
			t.Errorf("%+v: found after %d tokens", c, got)
		}
	}
}

func TestAListWhoseItemsDifferIsNoRepetition(t *testing.T) {
	var tokens []int32
	for i := range int32(300) {
		tokens = append(tokens, 10, 11, 100+i, 12) // "- item N"
	}
	if got := addAll(tokens); got != -1 {
		t.Errorf("found after %d tokens", got)
	}
}
