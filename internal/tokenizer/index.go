package tokenizer

import (
	"hash/maphash"
	"math/bits"
)

// slab keeps every token's bytes end to end in one string: two allocations for 202,048 tokens.
type slab struct {
	text string
	ends []uint32 // ends[id] is where token id stops in text
}

func (s *slab) at(id int32) string {
	start := uint32(0)
	if id > 0 {
		start = s.ends[id-1]
	}
	return s.text[start:s.ends[id]]
}

// index finds a token's id by its bytes: open addressing, at most half full, nothing per token but four bytes a slot.
type index struct {
	slab  *slab
	seed  maphash.Seed
	slots []int32 // id + 1; 0 is free
}

func newIndex(s *slab, n int) *index {
	return &index{slab: s, seed: maphash.MakeSeed(), slots: make([]int32, tableSize(n))}
}

// tableSize is a power of two that n entries fill by half at most.
func tableSize(n int) int { return 1 << bits.Len(uint(2*n)) }

// add enters a token. Of two with the same bytes the first stays.
func (x *index) add(id int32) {
	token := x.slab.at(id)
	if slot := x.slot(token); x.slots[slot] == 0 {
		x.slots[slot] = id + 1
	}
}

func (x *index) find(token string) (int32, bool) {
	id := x.slots[x.slot(token)] - 1
	return id, id >= 0
}

// slot is where token is, or the free place where it would be.
func (x *index) slot(token string) int {
	mask := len(x.slots) - 1
	at := int(maphash.String(x.seed, token)) & mask
	for x.slots[at] != 0 && x.slab.at(x.slots[at]-1) != token {
		at = (at + 1) & mask
	}
	return at
}
