package tokenizer

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// noRank is the rank of two tokens that cannot be merged.
const noRank = math.MaxUint32

// ranker is the order in which neighbouring tokens are merged: the pair of lowest rank first, the leftmost of equal
// ones.
type ranker interface {
	// merge returns the rank of two tokens whose bytes together are joined, or noRank, and the token into which they are
	// merged.
	merge(left, right int32, joined string) (rank uint32, token int32)
}

// tokenRanks is tiktoken's rule: two neighbours can be merged if their bytes together are a token, whose id is the
// rank.
type tokenRanks struct{ *index }

func (v tokenRanks) merge(_, _ int32, joined string) (rank uint32, token int32) {
	if id, ok := v.find(joined); ok {
		return uint32(id), id
	}
	return noRank, noToken
}

// mergeRanks is the file's list of merges, in which the index is the rank. It is a hash table by pair, with open
// addressing.
type mergeRanks struct {
	pairs  []uint64 // by rank: left<<32 | right
	joined []int32  // by rank: the token into which they are merged
	slots  []uint32 // rank + 1, or 0 for a free slot
}

// newMergeRanks reads a list of merges. Errors: BadModel for a merge of tokens that are not in the vocabulary.
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
				"the tokenizer's merge %d, %q, names a token that is not in the vocabulary; the file is damaged", i, merges.At(i)))
		}
		m.add(uint64(l)<<32|uint64(r), made)
	}
	return m, nil
}

func (m *mergeRanks) add(pair uint64, made int32) {
	m.pairs = append(m.pairs, pair)
	m.joined = append(m.joined, made)
	if slot := m.slot(pair); m.slots[slot] == 0 {
		m.slots[slot] = uint32(len(m.pairs))
	}
}

// slot returns the slot of a pair, or the free slot for it. The multiplier is 2^64 divided by the golden ratio.
func (m *mergeRanks) slot(pair uint64) int {
	mask := len(m.slots) - 1
	at := int(pair * 0x9E3779B97F4A7C15 >> (64 - bits.Len(uint(mask))))
	for m.slots[at] != 0 && m.pairs[m.slots[at]-1] != pair {
		at = (at + 1) & mask
	}
	return at
}

func (m *mergeRanks) merge(left, right int32, _ string) (rank uint32, token int32) {
	rank = m.slots[m.slot(uint64(left)<<32|uint64(right))] - 1 // a free slot wraps around to noRank
	if rank == noRank {
		return noRank, noToken
	}
	return rank, m.joined[rank]
}
