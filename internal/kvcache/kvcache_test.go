package kvcache

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// build makes a cache of 100 positions whose tensors are only shapes.
func build(chunks ...int) *Cache {
	return shaped(Shape{HeadDim: 4, NumKVHeads: 2, Context: 100, Type: quant.F16}, chunks...)
}

func shaped(s Shape, chunks ...int) *Cache {
	return New(s, chunks, func(name string, t quant.Type, shape ...int) *ops.Tensor {
		return &ops.Tensor{Name: name, Type: t, Shape: shape}
	})
}

func TestFullLayersKeepTheContextAndRingsAChunk(t *testing.T) {
	for i, want := range []struct{ slots, chunk int }{{100, 0}, {8, 8}} {
		l := build(0, 8).Layers[i]
		for _, kv := range []*ops.Tensor{l.K, l.V} {
			if kv.Dim(0) != 4 || kv.Dim(1) != want.slots || kv.Dim(2) != 2 || kv.Type != quant.F16 || l.Window != want.chunk {
				t.Errorf("layer %d has %v, chunk %d; want F16 [4 %d 2], chunk %d", i, kv, l.Window, want.slots, want.chunk)
			}
		}
	}
}

func TestAChunkBeyondTheContextIsFullAttention(t *testing.T) {
	c := build(8192)
	if got := c.Layers[0].K.Dim(1); got != 100 {
		t.Errorf("%d slots, want the context's 100", got)
	}
	c.Advance(90)
	if got := c.Rewind(3); got != 3 {
		t.Errorf("rewound to %d, want 3", got)
	}
}

func TestFitStopsAtTheChunksEnd(t *testing.T) {
	for _, v := range []struct{ chunk, held, n, want int }{
		{0, 5, 50, 50}, {8, 0, 50, 8}, {8, 5, 50, 3}, {8, 5, 2, 2}, {8, 8, 50, 8}, {8, 15, 9, 1},
	} {
		c := build(v.chunk)
		c.Advance(v.held)
		if got := c.MaxBatch(v.n); got != v.want {
			t.Errorf("chunk %d, %d held: %d of %d fit, want %d", v.chunk, v.held, got, v.n, v.want)
		}
	}
}

func TestRewindKeepsWhatTheRingStillHolds(t *testing.T) {
	for _, v := range []struct{ chunk, held, to, want int }{
		{0, 20, 3, 3}, {0, 20, 0, 0}, {0, 20, 30, 20},
		{8, 20, 18, 18}, {8, 20, 16, 16}, // within the last chunk
		{8, 20, 15, 8}, {8, 20, 8, 8}, {8, 20, 7, 0}, // beyond it
		{8, 16, 9, 9}, // the next chunk has not begun
	} {
		c := build(0, v.chunk)
		c.Advance(v.held)
		if got := c.Rewind(v.to); got != v.want || c.Len() != v.want {
			t.Errorf("chunk %d: %d rewound to %d leaves %d (Len %d), want %d", v.chunk, v.held, v.to, got, c.Len(), v.want)
		}
	}
}

// A rewind to a chunk's first position leaves the ring as it was: full of the chunk that was forgotten.
func TestRewindRemembersWhatTheRingHolds(t *testing.T) {
	c := build(8)
	c.Advance(20)
	for _, v := range []struct{ to, want int }{{16, 16}, {9, 8}, {8, 8}, {5, 0}} {
		if got := c.Rewind(v.to); got != v.want {
			t.Errorf("rewound to %d leaves %d, want %d", v.to, got, v.want)
		}
	}
	c.Advance(8)
	c.Advance(2)
	if got := c.Rewind(9); got != 9 {
		t.Errorf("computed again, rewound to 9 leaves %d", got)
	}
}

func TestWithoutRingsEveryLayerKeepsAll(t *testing.T) {
	c := shaped(Shape{HeadDim: 4, NumKVHeads: 2, Context: 100, Type: quant.F16, NoRings: true}, 0, 8)
	if l := c.Layers[1]; l.K.Dim(1) != 100 || l.Window != 8 {
		t.Errorf("%d slots, chunk %d; want 100 with the mask of chunk 8", l.K.Dim(1), l.Window)
	}
	c.Advance(20)
	if got := c.MaxBatch(50); got != 50 {
		t.Errorf("%d of 50 fit", got)
	}
	if got := c.Rewind(3); got != 3 {
		t.Errorf("rewound to %d, want 3", got)
	}
}

// Steps that were queued beyond a ring's end and did nothing leave the ring as it was; one that began there does not.
func TestWhatIsTakenBackHasOverwrittenNothing(t *testing.T) {
	for _, v := range []struct{ counted, to, rewind, want int }{
		{18, 15, 14, 14}, // position 15 is in the chunk from 8 on, whose ring is whole
		{18, 16, 16, 16}, // the next chunk may have begun,
		{18, 16, 15, 8},  // so that the one before is gone
		{18, 17, 16, 16},
	} {
		c := build(0, 8)
		c.Advance(v.counted)
		c.Truncate(v.to)
		if c.Len() != v.to {
			t.Errorf("%d taken back to %d leaves %d", v.counted, v.to, c.Len())
		}
		if got := c.Rewind(v.rewind); got != v.want {
			t.Errorf("%d taken back to %d and rewound to %d leaves %d, want %d", v.counted, v.to, v.rewind, got, v.want)
		}
	}
	c := build(0)
	c.Advance(5)
	if c.Truncate(3); c.Len() != 3 {
		t.Errorf("%d positions, want 3", c.Len())
	}
}
