package virtual

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/outrider-web/outrider/internal/quant"
)

// tensor is a tensor whose bytes are computed, block by block. The seed and the number of a block determine random
// bits, of which newBlock makes a block of the tensor's type.
type tensor struct {
	name     string
	typ      quant.Type
	dims     []int
	offset   int64 // in the file
	seed     uint64
	newBlock blockFunc
	constant []byte // all of it, instead
}

// blockFunc changes random bytes to a valid block. bits are 64 further random bits.
type blockFunc func(block []byte, bits uint64)

func (t *tensor) size() int64 {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return int64(t.typ.RowBytes(n))
}

// end returns the offset at which the next tensor may begin.
func (t *tensor) end() int64 { return t.offset + padded(t.size()) }

// fill computes the bytes from off on, including the padding after the tensor.
func (t *tensor) fill(p []byte, off int64) {
	inside := int(min(int64(len(p)), max(0, t.size()-off)))
	clear(p[inside:])
	p = p[:inside]
	if t.constant != nil {
		copy(p, t.constant[min(off, int64(len(t.constant))):])
		return
	}
	size := int64(t.typ.BlockBytes())
	var edge [maxBlockBytes]byte
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

// maxBlockBytes is larger than a block of any type.
const maxBlockBytes = 256

// block computes a whole block.
func (t *tensor) block(b []byte, number int64) {
	bits := mix(t.seed + uint64(number)*goldenRatio)
	state, rest := bits, b
	for ; len(rest) >= 8; rest = rest[8:] {
		state += goldenRatio
		binary.LittleEndian.PutUint64(rest, mix(state))
	}
	if len(rest) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], mix(state+goldenRatio))
		copy(rest, last[:])
	}
	t.newBlock(b, bits)
}

// goldenRatio is 2^64 divided by the golden ratio. With mix it is the generator SplitMix64, whose numbers can be
// computed in any order.
const goldenRatio = 0x9E3779B97F4A7C15

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// seedOf returns the seed of a tensor.
func seedOf(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return mix(mix(seed+goldenRatio) ^ h.Sum64())
}
