// Package kvcache is where the keys and values of a conversation rest: for each layer either every position up to the
// context's end, or, where attention never looks beyond its chunk, a ring of one chunk. It knows which positions it
// still holds, and refuses to know what a key is.
package kvcache

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Shape is what all layers share.
type Shape struct {
	HeadDim    int
	NumKVHeads int
	Context    int        // positions of the longest conversation
	Type       quant.Type // F16, or F32 where a test compares with float32
	NoRings    bool       // every layer keeps every position: what rings are compared with
}

// Layer is the cache of one layer. Position p lies in slot p mod slots.
type Layer struct {
	K, V   *ops.Tensor // [headDim, slots, numKVHeads]
	Window int         // attention sees only positions of its own chunk of so many; 0: all
}

// Cache holds all layers.
type Cache struct {
	Layers []Layer
	ring   int // chunk of the layers that keep only one chunk; 0 when every layer keeps all
	n      int // positions held, the next one to be stored
	from   int // the first position of the chunk that the rings hold
}

// New makes a cache. chunks gives the attention chunk of each layer, 0 for full attention; all that are not 0 must be
// equal. alloc makes tensors.
func New(s Shape, chunks []int, alloc func(name string, t quant.Type, shape ...int) *ops.Tensor) *Cache {
	c := &Cache{}
	for i, chunk := range chunks {
		slots := s.Context
		if chunk > 0 && chunk < s.Context && !s.NoRings {
			slots, c.ring = chunk, chunk
		}
		c.Layers = append(c.Layers, Layer{
			K:      alloc(fmt.Sprintf("cache.%d.k", i), s.Type, s.HeadDim, slots, s.NumKVHeads),
			V:      alloc(fmt.Sprintf("cache.%d.v", i), s.Type, s.HeadDim, slots, s.NumKVHeads),
			Window: chunk,
		})
	}
	return c
}

// Len is the number of positions held.
func (c *Cache) Len() int { return c.n }

// Advance counts n positions as stored, at least one.
func (c *Cache) Advance(n int) {
	c.n += n
	if c.ring > 0 {
		c.from = (c.n - 1) / c.ring * c.ring
	}
}

// Truncate counts positions from n on as not stored after all, but for a part of the call that was to store n. Nothing is
// lost: unlike Rewind, it knows that no later call has begun to overwrite a ring.
func (c *Cache) Truncate(n int) {
	c.n = n
	if c.ring > 0 {
		c.from = n / c.ring * c.ring
	}
}

// Fit is how many of n tokens one call may store: a call never crosses from one chunk of a ring into the next, because
// it would overwrite keys that its own first tokens still attend to.
func (c *Cache) MaxBatch(n int) int {
	if c.ring == 0 {
		return n
	}
	return min(n, c.ring-c.n%c.ring)
}

// Rewind forgets the positions from n on, and returns how many are left: fewer than n where a ring has already
// overwritten the chunk that n lies in. The caller computes those again.
func (c *Cache) Rewind(n int) int {
	if n = min(n, c.n); n < c.from {
		n = n / c.ring * c.ring
	}
	c.n = n
	return n
}
