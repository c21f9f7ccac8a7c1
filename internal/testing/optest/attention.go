package optest

import (
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// attentionLimit is for sums over thousands of keys and one exp. F32 sums are within 1e-12 of float64; the limit also
// allows for the error of exp, which may be 3 ULP and more in WGSL.
const attentionLimit = 1e-10

// heads is the shapes of one attention call: n tokens at positions pos … pos+n-1.
type heads struct {
	numHeads, numKVHeads, headDim int
	cache                         quant.Type
	slots, window                 int
	pos, n                        int
}

// String returns the shapes, as the name of a case.
func (h heads) String() string {
	return fmt.Sprintf("%d/%d heads of %d %v slots=%d window=%d pos=%d n=%d",
		h.numHeads, h.numKVHeads, h.headDim, h.cache, h.slots, h.window, h.pos, h.n)
}

// edgeHeads returns the shapes that a kernel may get wrong, for n tokens: every head dimension and several numbers of
// query heads per key head at the beginning, in the middle of a block of 256 keys, at its edges, and in a ring that has
// been overwritten.
func edgeHeads(n int) []heads {
	var all []heads
	for i, headDim := range []int{16, 24, 64, 88, 128, 256} {
		for j, cache := range []quant.Type{quant.F16, quant.F32} {
			shared := []int{1, 3, 5, 2, 4, 8}[(i+j)%6]
			numKVHeads := 1 + (i+j)%3
			all = append(all,
				heads{shared * numKVHeads, numKVHeads, headDim, cache, 64, 0, 0, n},
				heads{shared * numKVHeads, numKVHeads, headDim, cache, 300, 0, 257 - n + i, n})
		}
	}
	return append(all,
		heads{9, 3, 64, quant.F16, 1024, 0, 777, n},
		heads{11, 1, 16, quant.F16, 64, 0, 9, n},
		heads{16, 1, 16, quant.F32, 64, 0, 9, n},
		heads{4, 2, 24, quant.F16, 512, 0, 256 - n, n},
		heads{4, 2, 24, quant.F16, 512, 0, 512 - n, n},
		// windows in a full cache: within one, across its boundary, at its first position
		heads{4, 2, 24, quant.F16, 512, 48, 100, n},
		heads{4, 2, 24, quant.F16, 512, 300, 550, n}, // the window ends in the middle of a block
		heads{4, 2, 24, quant.F32, 512, 48, 96 - n/2, n},
		heads{4, 2, 24, quant.F16, 512, 300, 300, n},
		heads{4, 2, 24, quant.F16, 1024, 300, 300 - n/2, n},
		// rings that have been overwritten
		heads{10, 2, 64, quant.F16, 48, 48, 48*3 + 48 - n, n},
		heads{10, 2, 64, quant.F32, 48, 48, 48 * 5, n},
		heads{5, 1, 128, quant.F16, 320, 320, 320*7 + 280, n},
	)
}

// width returns the numbers of one token's queries, keys and values.
func (h heads) width() int { return (h.numHeads + 2*h.numKVHeads) * h.headDim }

// randomCache returns a cache of random numbers, as if every slot had been written.
func (h heads) randomCache(x *Operands) *ops.Tensor {
	return x.Weight(h.cache, h.headDim, h.slots, h.numKVHeads)
}

// writtenCache returns a cache with random numbers in the slots written so far and NaNs in the others.
func (h heads) writtenCache(x *Operands, name string) *ops.Tensor {
	values := x.Normal(h.headDim * h.slots * h.numKVHeads)
	for i := range values {
		if i/h.headDim%h.slots >= h.pos+h.n {
			values[i] = float32(math.NaN())
		}
	}
	data := make([]byte, h.cache.RowBytes(len(values)))
	quant.Quantize(h.cache, data, values)
	t := x.alloc(name, h.cache, h.headDim, h.slots, h.numKVHeads)
	x.must(x.b.Write(t, 0, data))
	return t
}

// bytes returns the size of the keys and values that the last token attends to.
func (h heads) bytes() int64 {
	positions := h.pos + h.n
	if h.window > 0 {
		positions = (h.pos+h.n-1)%h.window + 1
	}
	return int64(2 * h.numKVHeads * positions * h.cache.RowBytes(h.headDim))
}

// attention returns the case of one of the two attention ops.
func (h heads) attention(op string) Case {
	return Case{Op: op, Name: h.String(), Limit: attentionLimit, Bytes: h.bytes(), Call: func(x *Operands) {
		a := ops.Attention{
			QKV: x.Activations("qkv", h.width(), h.n), K: h.writtenCache(x, "k"), V: h.writtenCache(x, "v"),
			Step: x.Step(h.pos, h.n), NumHeads: h.numHeads, Window: h.window,
			Dst: x.Output(quant.F32, h.numHeads*h.headDim, h.n),
		}
		x.Do(func(b ops.Ops) {
			if op == "attention_vec" {
				b.AttentionVec(a)
			} else {
				b.Attention(a)
			}
		})
	}}
}

func attentionVec() []Case {
	var all []Case
	for _, h := range edgeHeads(1) {
		all = append(all, h.attention("attention_vec"))
	}
	return all
}

func attention() []Case {
	var all []Case
	for i, n := range tokenCounts {
		for j, h := range edgeHeads(n) {
			if j < 24 && j/4%len(tokenCounts) != i {
				continue // each head dimension with each type of cache, for only one of the n
			}
			if h.window > 0 && h.slots == h.window && h.pos%h.window+n > h.window {
				continue // a batch must not cross the end of a window: its own keys would overwrite those it needs
			}
			all = append(all, h.attention("attention"))
		}
	}
	return all
}
