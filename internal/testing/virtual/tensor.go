package virtual

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/outrider-web/outrider/internal/quant"
)

// tensor is a tensor whose bytes are computed, block by block: random bits from the seed and the block's number, then
// a finisher that makes a block of the tensor's type of them.
type tensor struct {
	name     string
	typ      quant.Type
	dims     []int
	offset   int64 // in the file
	seed     uint64
	finish   finisher
	constant []byte // all of it, instead
}

// finisher turns random bytes into a block; bits are 64 further random ones.
type finisher func(block []byte, bits uint64)

func (t *tensor) size() int64 {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return int64(t.typ.RowBytes(n))
}

// end is where the next tensor may begin.
func (t *tensor) end() int64 { return t.offset + padded(t.size()) }

// fill computes the bytes from off on, the padding after the tensor among them.
func (t *tensor) fill(p []byte, off int64) {
	inside := int(min(int64(len(p)), max(0, t.size()-off)))
	clear(p[inside:])
	p = p[:inside]
	if t.constant != nil {
		copy(p, t.constant[min(off, int64(len(t.constant))):])
		return
	}
	size := int64(t.typ.BlockBytes())
	var edge [maxBlock]byte
	for len(p) > 0 {
		number, from := off/size, off%size
		n := int(size)
		if from == 0 && len(p) >= n {
			t.block(p[:n], number)
		} else { // the range begins or ends inside this block
			t.block(edge[:n], number)
			n = copy(p, edge[from:n])
		}
		p, off = p[n:], off+int64(n)
	}
}

// maxBlock is above the bytes of any type's block.
const maxBlock = 256

// block computes a whole block.
func (t *tensor) block(b []byte, number int64) {
	bits := mix(t.seed + uint64(number)*golden)
	state, rest := bits, b
	for ; len(rest) >= 8; rest = rest[8:] {
		state += golden
		binary.LittleEndian.PutUint64(rest, mix(state))
	}
	if len(rest) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], mix(state+golden))
		copy(rest, last[:])
	}
	t.finish(b, bits)
}

// golden is 2^64 over the golden ratio, and mix the finalizer of SplitMix64: together a generator of which any number
// can be had without those before it.
const golden = 0x9E3779B97F4A7C15

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

func seedOf(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return mix(mix(seed+golden) ^ h.Sum64())
}
