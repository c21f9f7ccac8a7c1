package tokenizer

import (
	"hash/maphash"
	"math/bits"
)

// tokenText stores the bytes of all tokens one after the other in one string: two allocations for 202,048 tokens.
type tokenText struct {
	text string
	ends []uint32 // ends[id] is the end of token id in text
}

func (s *tokenText) at(id int32) string {
	start := uint32(0)
	if id > 0 {
		start = s.ends[id-1]
	}
	return s.text[start:s.ends[id]]
}

// index finds the id of a token by its bytes. It is a hash table with open addressing that is at most half full and has
// four bytes a slot.
type index struct {
	tokens *tokenText
	seed   maphash.Seed
	slots  []int32 // id + 1, or 0 for a free slot
}

func newIndex(s *tokenText, n int) *index {
	return &index{tokens: s, seed: maphash.MakeSeed(), slots: make([]int32, tableSize(n))}
}

// tableSize returns a power of two of which n entries fill at most half.
func tableSize(n int) int { return 1 << bits.Len(uint(2*n)) }

// add adds a token, unless one with the same bytes is in the index.
func (x *index) add(id int32) {
	token := x.tokens.at(id)
	if slot := x.slot(token); x.slots[slot] == 0 {
		x.slots[slot] = id + 1
	}
}

func (x *index) find(token string) (int32, bool) {
	id := x.slots[x.slot(token)] - 1
	return id, id >= 0
}

// slot returns the slot of a token, or the free slot for it.
func (x *index) slot(token string) int {
	mask := len(x.slots) - 1
	at := int(maphash.String(x.seed, token)) & mask
	for x.slots[at] != 0 && x.tokens.at(x.slots[at]-1) != token {
		at = (at + 1) & mask
	}
	return at
}
