// Package experts decides which routed experts lie on the GPU when not all of them fit. Every layer has slots of one
// expert each and a table that says in which slot an expert lies, or Miss. A token runs as if nothing were missing; the
// first layer whose expert is missing stops it, and this package says which slot the expert gets, who leaves it, and in
// which order experts are read.
//
// Policies and guesses about the future change how often that happens, never what a token computes. The package refuses
// to know the GPU, files and models: it counts layers that have experts, from 0, and deals in slots and byte ranges.
package experts

import (
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/errs"
)

// Miss is what the table holds for an expert that lies in no slot.
const Missing = math.MaxUint32

// None stands for no expert.
const None = -1

// ID names a routed expert. Layer counts only layers that have experts, from 0.
type ID struct{ Layer, Expert int }

// Shape is a model's experts and the room for them.
type Shape struct {
	NumExperts     int     // of a layer
	NumExpertsUsed int     // by one token, of each layer
	Slots          []int   // of each layer
	ExpertBytes    []int64 // of one expert of each layer, for the statistics; nil counts none
}

// Even gives every layer the same number of slots, at most one for each expert.
func EvenSlots(layers, experts, used, slots int) Shape {
	s := Shape{NumExperts: experts, NumExpertsUsed: used, Slots: make([]int, layers)}
	for i := range s.Slots {
		s.Slots[i] = min(slots, experts)
	}
	return s
}

// Fit gives the layers as many slots as room has bytes for, evenly: no layer has two more than another that could take
// one. bytes is the size of an expert of each layer. Errors: out_of_memory when a token's experts do not fit.
func FitMemory(room int64, bytes []int64, experts, used int) (Shape, error) {
	s := EvenSlots(len(bytes), experts, used, 0)
	s.ExpertBytes = bytes
	for range experts {
		for layer, size := range bytes {
			if size <= room {
				s.Slots[layer]++
				room -= size
			}
		}
	}
	return s, s.check()
}

// check refuses a room too small for a token. Everything else that does not fit is the caller's bug.
func (s Shape) check() error {
	if s.NumExperts < 1 || s.NumExpertsUsed < 1 || s.NumExpertsUsed > s.NumExperts || s.ExpertBytes != nil && len(s.ExpertBytes) != len(s.Slots) {
		panic(fmt.Sprintf("experts: impossible shape %+v", s))
	}
	for layer, slots := range s.Slots {
		if slots > s.NumExperts {
			panic(fmt.Sprintf("experts: layer %d has %d slots for %d experts", layer, slots, s.NumExperts))
		}
		if slots < s.NumExpertsUsed {
			return tooFew(layer, slots, s.NumExpertsUsed)
		}
	}
	return nil
}

// tooFew is the error for a layer that cannot hold what must lie there at once.
func tooFew(layer, slots, need int) error {
	return errs.New(errs.OutOfMemory, fmt.Sprintf(
		"the GPU has room for %d experts of layer %d, but %d are needed at once; close other tabs, give Outrider more GPU memory, or use fewer experts a token",
		slots, layer, need))
}

// state is what a slot holds.
type state uint8

const (
	free state = iota
	loading
	resident
)

// slot is one expert's room on the GPU.
type slot struct {
	state      state
	expert     int
	prefetched bool // brought in on a guess, and not used since
}

// Cache knows what lies in the slots. It is deterministic and belongs to one goroutine.
//
// An expert's bytes change under its slot only between claim (Fault or Prefetch), which takes the evicted expert out of
// the table, and Done, which enters the new one. The table must be on the GPU after the former before the first byte
// follows, and not before the last byte after the latter.
type Cache struct {
	shape  Shape
	policy Policy
	table  []uint32 // [layer·Experts + expert]: slot or Miss
	slots  [][]slot
	pins   map[ID]bool
	dirty  bool
	stats  Stats

	candidates []int // scratch
}

// New makes a cache whose slots are free. Errors: out_of_memory when a layer has fewer slots than a token uses experts.
func NewCache(s Shape, p Policy) (*Cache, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := &Cache{shape: s, policy: p, table: make([]uint32, len(s.Slots)*s.NumExperts), pins: map[ID]bool{}, dirty: true}
	for i := range c.table {
		c.table[i] = Missing
	}
	for _, n := range s.Slots {
		c.slots = append(c.slots, make([]slot, n))
	}
	return c, nil
}

// Table is what the GPU's table holds, or must hold after Changed: expert e of layer l at l·Experts + e. The slice
// stays the same and changes with the cache.
func (c *Cache) Table() []uint32 { return c.table }

// Changed reports whether the table is another one than at the last call.
func (c *Cache) Changed() bool {
	was := c.dirty
	c.dirty = false
	return was
}

// Slot says where a resident expert lies.
func (c *Cache) Slot(id ID) (slot int, ok bool) {
	s := c.table[c.index(id)]
	return int(s), s != Missing
}

// Free is how many slots of a layer hold nothing.
func (c *Cache) NumFreeSlots(layer int) (n int) {
	for _, s := range c.slots[layer] {
		if s.state == free {
			n++
		}
	}
	return n
}

// Touch tells that a token, or a prompt's tokens together, use experts of a layer, each once. They are pinned until
// Release, and those that do not lie in a slot are returned: they want a Fault. Errors: out_of_memory when they cannot
// lie there together.
func (c *Cache) Use(layer int, experts ...int) (missing []int, err error) {
	if n := len(c.slots[layer]); len(experts) > n {
		return nil, tooFew(layer, n, len(experts))
	}
	for _, e := range experts {
		id := ID{layer, e}
		c.pins[id] = true
		c.policy.Used(id)
		if at, ok := c.Slot(id); ok {
			c.hit(&c.slots[layer][at])
		} else {
			c.stats.Misses++
			missing = append(missing, e)
		}
	}
	return missing, nil
}

func (c *Cache) hit(s *slot) {
	c.stats.Hits++
	if s.prefetched {
		s.prefetched = false
		c.stats.PrefetchesUsed++
	}
}

// Release lets go of everything that was pinned, because so many tokens are computed: 1 in decode, 0 between the parts
// of a prompt's layer.
func (c *Cache) Release(tokens int) {
	clear(c.pins)
	c.stats.Tokens += int64(tokens)
}

// Load is an expert on its way into a slot.
type Load struct {
	ID
	Slot    int
	Evicted int // the expert that left the slot, or None
	Demand  bool
}

// Fault claims a slot for a missing expert that a token waits for. It is not for one that is under way already: see
// Loading. ok is false when all other slots of the layer are pinned or being filled on guesses; the latter end.
func (c *Cache) Claim(id ID) (l Load, ok bool) { return c.claimSlot(id, true) }

// Prefetch claims a slot for an expert that may be wanted. ok is false when it is there or under way, or when so many
// slots of the layer are being filled on guesses that a token would have no room.
func (c *Cache) ClaimForPrefetch(id ID) (l Load, ok bool) {
	if _, there := c.Slot(id); there || c.Loading(id) || c.numLoading(id.Layer) >= len(c.slots[id.Layer])-c.shape.NumExpertsUsed {
		return Load{}, false
	}
	return c.claimSlot(id, false)
}

// Loading reports whether an expert is on its way into a slot.
func (c *Cache) Loading(id ID) bool {
	for _, s := range c.slots[id.Layer] {
		if s.state == loading && s.expert == id.Expert {
			return true
		}
	}
	return false
}

func (c *Cache) numLoading(layer int) (n int) {
	for _, s := range c.slots[layer] {
		if s.state == loading {
			n++
		}
	}
	return n
}

func (c *Cache) claimSlot(id ID, demand bool) (Load, bool) {
	at, ok := c.freeSlot(id.Layer)
	if !ok {
		return Load{}, false
	}
	s := &c.slots[id.Layer][at]
	l := Load{ID: id, Slot: at, Evicted: None, Demand: demand}
	if s.state == resident {
		l.Evicted = s.expert
		c.set(ID{id.Layer, s.expert}, Missing)
		c.stats.Evictions++
	}
	*s = slot{state: loading, expert: id.Expert, prefetched: !demand}
	if !demand {
		c.stats.Prefetches++
	}
	return l, true
}

// room finds a slot to fill: a free one, or that of the policy's victim among those not pinned.
func (c *Cache) freeSlot(layer int) (at int, ok bool) {
	c.candidates = c.candidates[:0]
	for i, s := range c.slots[layer] {
		switch {
		case s.state == free:
			return i, true
		case s.state == resident && !c.pins[ID{layer, s.expert}]:
			c.candidates = append(c.candidates, s.expert)
		}
	}
	if len(c.candidates) == 0 {
		return 0, false
	}
	victim := c.policy.Victim(layer, c.candidates)
	at, ok = c.Slot(ID{layer, victim})
	return at, ok
}

// Done enters a loaded expert into the table.
func (c *Cache) FinishLoad(l Load) {
	s := c.filling(l)
	s.state = resident
	c.set(l.ID, uint32(l.Slot))
	c.policy.Loaded(l.ID, s.prefetched)
	c.stats.Loads++
	if c.shape.ExpertBytes != nil {
		c.stats.Bytes += c.shape.ExpertBytes[l.Layer]
	}
}

// Fail frees the slot of an expert that could not be loaded.
func (c *Cache) AbandonLoad(l Load) { *c.filling(l) = slot{} }

// Want turns a guess under way into a demand: a token waits for it now.
func (c *Cache) Promote(l Load) {
	if s := c.filling(l); s.prefetched {
		s.prefetched = false
		c.stats.PrefetchesLate++
	}
}

func (c *Cache) filling(l Load) *slot {
	s := &c.slots[l.Layer][l.Slot]
	if s.state != loading || s.expert != l.Expert {
		panic(fmt.Sprintf("experts: slot %d of layer %d is not being filled with expert %d", l.Slot, l.Layer, l.Expert))
	}
	return s
}

func (c *Cache) set(id ID, slot uint32) {
	c.table[c.index(id)] = slot
	c.dirty = true
}

func (c *Cache) index(id ID) int { return id.Layer*c.shape.NumExperts + id.Expert }

// Stats are counts so far.
func (c *Cache) Stats() Stats { return c.stats }
