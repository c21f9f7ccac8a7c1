// Package experts decides which routed experts are on the GPU when not all of them fit. Each layer has slots for one
// expert each, and a table that says which slot an expert is in, or Missing. A token is computed as if nothing were
// missing; the first layer whose expert is missing stops it, and this package chooses the slot that the expert is
// loaded into, the expert that is evicted, and the order in which experts are read.
//
// Policies and predictions change how often experts are missing, never what a token computes. The package does not know
// the GPU, files or models: it deals in layers, slots and byte ranges. Layers are those that have experts, from 0.
package experts

import (
	"fmt"
	"math"
)

// Missing is the table's entry for an expert that is in no slot. It has the value of ops.Missing.
const Missing = math.MaxUint32

// None stands for no expert and for no slot.
const None = -1

// ID names a routed expert.
type ID struct{ Layer, Expert int }

// slotState says what a slot holds.
type slotState uint8

const (
	free     slotState = iota // nothing
	loading                   // part of an expert, which is not in the table
	resident                  // an expert, which is in the table
)

// slot describes the space on the GPU for one expert.
type slot struct {
	state      slotState
	expert     int
	prefetched bool // the expert was prefetched and has not been used since
}

// Cache keeps track of which expert is in which slot. It is deterministic. Its methods must be called on one goroutine.
//
// The bytes of a slot change only between Claim (or ClaimForPrefetch), which takes the evicted expert out of the table,
// and FinishLoad, which enters the new one. The caller must write the table to the GPU after the former and before the
// first byte of the new expert, and after the latter only when the last byte has been written.
type Cache struct {
	shape   Shape
	policy  Policy
	table   []uint32 // [layer·NumExperts + expert]: slot, or Missing
	slots   [][]slot // [layer][slot]
	pinned  map[ID]bool
	changed bool
	stats   Stats

	candidates []int // scratch of chooseSlot
}

// NewCache returns a cache whose slots are free. Errors: out_of_memory when a layer has fewer slots than a token uses
// experts.
func NewCache(s Shape, p Policy) (*Cache, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := &Cache{shape: s, policy: p, table: make([]uint32, len(s.Slots)*s.NumExperts), pinned: map[ID]bool{},
		changed: true}
	for i := range c.table {
		c.table[i] = Missing
	}
	for _, n := range s.Slots {
		c.slots = append(c.slots, make([]slot, n))
	}
	return c, nil
}

// Table returns the table that the GPU is to have: the slot of expert e of layer l is at l·NumExperts + e. The cache
// changes the slice later on.
func (c *Cache) Table() []uint32 { return c.table }

// Changed reports whether the table has changed since the last call. The first call returns true.
func (c *Cache) Changed() bool {
	changed := c.changed
	c.changed = false
	return changed
}

// Slot returns the slot of a resident expert; ok is false for one that is not resident.
func (c *Cache) Slot(id ID) (slot int, ok bool) {
	s := c.table[c.index(id)]
	return int(s), s != Missing
}

// NumFreeSlots returns the number of free slots of a layer.
func (c *Cache) NumFreeSlots(layer int) (n int) {
	for _, s := range c.slots[layer] {
		if s.state == free {
			n++
		}
	}
	return n
}

// Use records that a token, or a batch of tokens together, uses experts of a layer. Each expert is named once. The
// experts are pinned until Release. Use returns those that are not resident; the caller must Claim a slot for each,
// unless it is loading already. Errors: out_of_memory when the layer has too few slots to hold them all at once.
func (c *Cache) Use(layer int, experts ...int) (missing []int, err error) {
	if n := len(c.slots[layer]); len(experts) > n {
		return nil, tooFewSlots(layer, n, len(experts))
	}
	for _, e := range experts {
		id := ID{layer, e}
		c.pinned[id] = true
		c.policy.Used(id)
		if at, ok := c.Slot(id); ok {
			c.countHit(&c.slots[layer][at])
		} else {
			c.stats.Misses++
			missing = append(missing, e)
		}
	}
	return missing, nil
}

// countHit counts the use of a resident expert.
func (c *Cache) countHit(s *slot) {
	c.stats.Hits++
	if s.prefetched {
		s.prefetched = false
		c.stats.PrefetchesUsed++
	}
}

// Release unpins all experts. tokens is how many tokens have been completed since the last Release: 1 in decode, 0
// between the expert batches of a prompt's layer.
func (c *Cache) Release(tokens int) {
	clear(c.pinned)
	c.stats.Tokens += int64(tokens)
}

// Load is an expert that is being loaded into a slot.
type Load struct {
	ID
	Slot    int
	Evicted int // the expert that was in the slot before, or None
}

// Claim assigns a slot to a missing expert that a token waits for; the expert must not be loading already. ok is false
// when every slot of the layer is pinned or is being loaded into. The loads of prefetched experts among them will end.
func (c *Cache) Claim(id ID) (l Load, ok bool) { return c.claim(id, false) }

// ClaimForPrefetch assigns a slot to an expert that is likely to be used soon. ok is false when the expert is resident
// or loading, and when so many slots of the layer are being loaded into that too few would remain for the experts of a
// token.
func (c *Cache) ClaimForPrefetch(id ID) (l Load, ok bool) {
	if _, isResident := c.Slot(id); isResident || c.Loading(id) {
		return Load{}, false
	}
	if c.numLoading(id.Layer) >= len(c.slots[id.Layer])-c.shape.NumExpertsUsed {
		return Load{}, false
	}
	return c.claim(id, true)
}

// Loading reports whether an expert is being loaded.
func (c *Cache) Loading(id ID) bool {
	for _, s := range c.slots[id.Layer] {
		if s.state == loading && s.expert == id.Expert {
			return true
		}
	}
	return false
}

// numLoading returns how many slots of a layer are being loaded into.
func (c *Cache) numLoading(layer int) (n int) {
	for _, s := range c.slots[layer] {
		if s.state == loading {
			n++
		}
	}
	return n
}

// claim chooses a slot and evicts the expert in it.
func (c *Cache) claim(id ID, forPrefetch bool) (Load, bool) {
	at, ok := c.chooseSlot(id.Layer)
	if !ok {
		return Load{}, false
	}
	s := &c.slots[id.Layer][at]
	l := Load{ID: id, Slot: at, Evicted: None}
	if s.state == resident {
		l.Evicted = s.expert
		c.setSlot(ID{id.Layer, s.expert}, Missing)
		c.stats.Evictions++
	}
	*s = slot{state: loading, expert: id.Expert, prefetched: forPrefetch}
	if forPrefetch {
		c.stats.Prefetches++
	}
	return l, true
}

// chooseSlot returns the slot to load the next expert into: a free one, or that of the expert that the policy chooses
// among the resident experts that are not pinned.
func (c *Cache) chooseSlot(layer int) (at int, ok bool) {
	c.candidates = c.candidates[:0]
	for i, s := range c.slots[layer] {
		switch {
		case s.state == free:
			return i, true
		case s.state == resident && !c.pinned[ID{layer, s.expert}]:
			c.candidates = append(c.candidates, s.expert)
		}
	}
	if len(c.candidates) == 0 {
		return 0, false
	}
	victim := c.policy.Victim(layer, c.candidates)
	return c.Slot(ID{layer, victim})
}

// FinishLoad enters a loaded expert into the table.
func (c *Cache) FinishLoad(l Load) {
	s := c.loadingSlot(l)
	s.state = resident
	c.setSlot(l.ID, uint32(l.Slot))
	c.policy.Loaded(l.ID, s.prefetched)
	c.stats.Loads++
	if c.shape.ExpertBytes != nil {
		c.stats.Bytes += c.shape.ExpertBytes[l.Layer]
	}
}

// AbandonLoad frees the slot of an expert that could not be loaded.
func (c *Cache) AbandonLoad(l Load) { *c.loadingSlot(l) = slot{} }

// Promote records that a token now waits for an expert that is being prefetched.
func (c *Cache) Promote(l Load) {
	if s := c.loadingSlot(l); s.prefetched {
		s.prefetched = false
		c.stats.PrefetchesLate++
	}
}

// loadingSlot returns the slot of a load. It panics when the load has ended.
func (c *Cache) loadingSlot(l Load) *slot {
	s := &c.slots[l.Layer][l.Slot]
	if s.state != loading || s.expert != l.Expert {
		panic(fmt.Sprintf("experts: slot %d of layer %d is not being loaded with expert %d", l.Slot, l.Layer, l.Expert))
	}
	return s
}

// setSlot changes the table.
func (c *Cache) setSlot(id ID, slot uint32) {
	c.table[c.index(id)] = slot
	c.changed = true
}

// index returns the place of an expert in the table.
func (c *Cache) index(id ID) int { return id.Layer*c.shape.NumExperts + id.Expert }

// Stats returns the counts so far.
func (c *Cache) Stats() Stats { return c.stats }
