// Package kvcache keeps the keys and values of a conversation. A layer with full attention has a full cache, with a
// slot for every position of the context. A layer with chunked attention has a ring, with the slots of one window,
// which later windows overwrite. The package counts which positions are still there; it does not depend on what a key
// is.
package kvcache

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Shape describes the caches of all layers of a model.
type Shape struct {
	HeadDim    int
	NumKVHeads int
	Context    int        // positions of the longest conversation
	Type       quant.Type // F16, or F32 in tests that compare with float32 references
	NoRings    bool       // use full caches in all layers, which tests compare rings with
}

// Layer is the cache of one layer. Position p is in slot p mod slots.
type Layer struct {
	K, V   *ops.Tensor // [headDim, slots, numKVHeads]
	Window int         // positions of a window of chunked attention; 0 for full attention
}

// Cache holds the caches of all layers and counts the positions stored.
type Cache struct {
	Layers      []Layer
	ring        int // slots of the rings; 0 if all layers have full caches
	len         int // positions stored, which is also the next position
	windowStart int // first position of the window that the rings hold
}

// New returns an empty cache. windows has the attention window of each layer, 0 for full attention; all windows that
// are not 0 must be equal. alloc makes the tensors.
func New(s Shape, windows []int, alloc func(name string, t quant.Type, shape ...int) *ops.Tensor) *Cache {
	c := &Cache{}
	for i, window := range windows {
		slots := s.Context
		if window > 0 && window < s.Context && !s.NoRings {
			slots, c.ring = window, window
		}
		c.Layers = append(c.Layers, Layer{
			K:      alloc(fmt.Sprintf("cache.%d.k", i), s.Type, s.HeadDim, slots, s.NumKVHeads),
			V:      alloc(fmt.Sprintf("cache.%d.v", i), s.Type, s.HeadDim, slots, s.NumKVHeads),
			Window: window,
		})
	}
	return c
}

// Len returns the number of positions stored.
func (c *Cache) Len() int { return c.len }

// Advance counts n more positions as stored. n is at least 1.
func (c *Cache) Advance(n int) {
	c.len += n
	if c.ring > 0 {
		c.windowStart = (c.len - 1) / c.ring * c.ring
	}
}

// Truncate reduces the count to n positions, for steps that were counted by Advance but did not run. Unlike Rewind it
// loses no position: those steps have not overwritten any slot of a ring, except that the one for position n may have
// run in part.
func (c *Cache) Truncate(n int) {
	c.len = n
	if c.ring > 0 {
		c.windowStart = n / c.ring * c.ring
	}
}

// MaxBatch returns how many of n tokens the next batch may store. A batch ends with the window of a ring: beyond it,
// the batch would overwrite keys that its own first tokens still attend to.
func (c *Cache) MaxBatch(n int) int {
	if c.ring == 0 {
		return n
	}
	return min(n, c.ring-c.len%c.ring)
}

// Rewind drops the positions from n on and returns how many are left. These are fewer than n if the rings no longer
// hold the window of position n; the caller computes the missing positions again.
func (c *Cache) Rewind(n int) int {
	if n = min(n, c.len); n < c.windowStart {
		n = n / c.ring * c.ring
	}
	c.len = n
	return n
}
