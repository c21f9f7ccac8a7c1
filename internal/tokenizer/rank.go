package tokenizer

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// none is the rank of a pair that does not join.
const none = math.MaxUint32

// ranker says which neighbours join first: the pair with the lowest rank.
type ranker interface {
	// rank of joining two tokens whose bytes together are joined, or none.
	rank(left, right int32, joined string) uint32
	// token that the pair of this rank becomes.
	token(rank uint32) int32
}

// vocabularyRanks is tiktoken's rule: any two neighbours join if their bytes are a token, and its id is the rank.
type vocabularyRanks struct{ *index }

func (v vocabularyRanks) rank(_, _ int32, joined string) uint32 {
	if id, ok := v.find(joined); ok {
		return uint32(id)
	}
	return none
}

func (v vocabularyRanks) token(rank uint32) int32 { return int32(rank) }

// mergeRanks is the file's list of merges: the place in the list is the rank. Open addressing by pair.
type mergeRanks struct {
	pairs []uint64 // by rank: left<<32 | right
	made  []int32  // by rank: the token that they become
	slots []uint32 // rank + 1; 0 is free
}

func newMergeRanks(merges Strings, tokens *index) (*mergeRanks, error) {
	n := merges.Len()
	m := &mergeRanks{make([]uint64, 0, n), make([]int32, 0, n), make([]uint32, tableSize(n))}
	var scratch []byte
	for i := range n {
		left, right, _ := strings.Cut(merges.At(i), " ")
		scratch = appendBytes(scratch[:0], left)
		cut := len(scratch)
		scratch = appendBytes(scratch, right)
		joined := string(scratch)
		l, okLeft := tokens.find(joined[:cut])
		r, okRight := tokens.find(joined[cut:])
		made, okMade := tokens.find(joined)
		if !okLeft || !okRight || !okMade {
			return nil, errs.New(errs.BadModel, fmt.Sprintf(
				"the tokenizer's merge %d, %q, names a token that the vocabulary lacks; the file is damaged", i, merges.At(i)))
		}
		m.add(uint64(l)<<32|uint64(r), made)
	}
	return m, nil
}

func (m *mergeRanks) add(pair uint64, made int32) {
	m.pairs = append(m.pairs, pair)
	m.made = append(m.made, made)
	if slot := m.slot(pair); m.slots[slot] == 0 {
		m.slots[slot] = uint32(len(m.pairs))
	}
}

// slot is where pair is, or the free place where it would be. The multiplier is 2^64 over the golden ratio.
func (m *mergeRanks) slot(pair uint64) int {
	mask := len(m.slots) - 1
	at := int(pair * 0x9E3779B97F4A7C15 >> (64 - bits.Len(uint(mask))))
	for m.slots[at] != 0 && m.pairs[m.slots[at]-1] != pair {
		at = (at + 1) & mask
	}
	return at
}

func (m *mergeRanks) rank(left, right int32, _ string) uint32 {
	return m.slots[m.slot(uint64(left)<<32|uint64(right))] - 1 // a free slot wraps round to none
}

func (m *mergeRanks) token(rank uint32) int32 { return m.made[rank] }
