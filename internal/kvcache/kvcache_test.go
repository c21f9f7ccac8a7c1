package kvcache

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// build returns a cache of 100 positions whose tensors have shapes and no data.
func build(windows ...int) *Cache {
	return shaped(Shape{HeadDim: 4, NumKVHeads: 2, Context: 100, Type: quant.F16}, windows...)
}

func shaped(s Shape, windows ...int) *Cache {
	return New(s, windows, func(name string, t quant.Type, shape ...int) *ops.Tensor {
		return &ops.Tensor{Name: name, Type: t, Shape: shape}
	})
}

func TestFullCachesHoldTheContextAndRingsOneWindow(t *testing.T) {
	for i, want := range []struct{ slots, window int }{{100, 0}, {8, 8}} {
		l := build(0, 8).Layers[i]
		for _, kv := range []*ops.Tensor{l.K, l.V} {
			if kv.Dim(0) != 4 || kv.Dim(1) != want.slots || kv.Dim(2) != 2 || kv.Type != quant.F16 || l.Window != want.window {
				t.Errorf("layer %d has %v, window %d; want F16 [4 %d 2], window %d", i, kv, l.Window, want.slots, want.window)
			}
		}
	}
}

func TestAWindowLargerThanTheContextHasAFullCache(t *testing.T) {
	c := build(8192)
	if got := c.Layers[0].K.Dim(1); got != 100 {
		t.Errorf("%d slots, want the context's 100", got)
	}
	c.Advance(90)
	if got := c.Rewind(3); got != 3 {
		t.Errorf("rewinding to 3 leaves %d", got)
	}
}

func TestMaxBatchStopsAtTheEndOfTheWindow(t *testing.T) {
	for _, v := range []struct{ window, stored, n, want int }{
		{0, 5, 50, 50}, {8, 0, 50, 8}, {8, 5, 50, 3}, {8, 5, 2, 2}, {8, 8, 50, 8}, {8, 15, 9, 1},
	} {
		c := build(v.window)
		c.Advance(v.stored)
		if got := c.MaxBatch(v.n); got != v.want {
			t.Errorf("window %d, %d stored: at most %d of %d tokens, want %d", v.window, v.stored, got, v.n, v.want)
		}
	}
}

func TestRewindKeepsThePositionsThatTheRingHolds(t *testing.T) {
	for _, v := range []struct{ window, stored, to, want int }{
		{0, 20, 3, 3}, {0, 20, 0, 0}, {0, 20, 30, 20},
		{8, 20, 18, 18}, {8, 20, 16, 16}, // within the last window
		{8, 20, 15, 8}, {8, 20, 8, 8}, {8, 20, 7, 0}, // before it
		{8, 16, 9, 9}, // the next window has not begun
	} {
		c := build(0, v.window)
		c.Advance(v.stored)
		if got := c.Rewind(v.to); got != v.want || c.Len() != v.want {
			t.Errorf("window %d: rewinding %d positions to %d leaves %d (Len %d), want %d",
				v.window, v.stored, v.to, got, c.Len(), v.want)
		}
	}
}

// After a rewind to the first position of a window the ring still holds the positions that were dropped.
func TestASecondRewindUsesTheWindowThatTheRingHolds(t *testing.T) {
	c := build(8)
	c.Advance(20)
	for _, v := range []struct{ to, want int }{{16, 16}, {9, 8}, {8, 8}, {5, 0}} {
		if got := c.Rewind(v.to); got != v.want {
			t.Errorf("rewinding to %d leaves %d, want %d", v.to, got, v.want)
		}
	}
	c.Advance(8)
	c.Advance(2)
	if got := c.Rewind(9); got != 9 {
		t.Errorf("after computing again, rewinding to 9 leaves %d", got)
	}
}

func TestWithoutRingsEveryLayerHasAFullCache(t *testing.T) {
	c := shaped(Shape{HeadDim: 4, NumKVHeads: 2, Context: 100, Type: quant.F16, NoRings: true}, 0, 8)
	if l := c.Layers[1]; l.K.Dim(1) != 100 || l.Window != 8 {
		t.Errorf("%d slots, window %d; want 100 slots, window 8", l.K.Dim(1), l.Window)
	}
	c.Advance(20)
	if got := c.MaxBatch(50); got != 50 {
		t.Errorf("at most %d of 50 tokens, want all", got)
	}
	if got := c.Rewind(3); got != 3 {
		t.Errorf("rewinding to 3 leaves %d", got)
	}
}

// Steps that did not run have not overwritten the ring. The step for the position truncated to may have begun to.
func TestTruncateKeepsThePositionsThatTheRingHolds(t *testing.T) {
	for _, v := range []struct{ counted, to, rewind, want int }{
		{18, 15, 14, 14}, // position 15 is in the window that begins at 8, which the ring holds
		{18, 16, 16, 16}, // the step for position 16 may have begun,
		{18, 16, 15, 8},  // and has overwritten the window before
		{18, 17, 16, 16},
	} {
		c := build(0, 8)
		c.Advance(v.counted)
		c.Truncate(v.to)
		if c.Len() != v.to {
			t.Errorf("truncating %d positions to %d leaves %d", v.counted, v.to, c.Len())
		}
		if got := c.Rewind(v.rewind); got != v.want {
			t.Errorf("truncating %d positions to %d and rewinding to %d leaves %d, want %d",
				v.counted, v.to, v.rewind, got, v.want)
		}
	}
	c := build(0)
	c.Advance(5)
	if c.Truncate(3); c.Len() != 3 {
		t.Errorf("%d positions, want 3", c.Len())
	}
}
