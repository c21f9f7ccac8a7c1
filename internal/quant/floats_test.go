package quant

import (
	"encoding/binary"
	"math"
	"testing"
)

// A weight that is computed from a float which is not a number is not one either, and so is at least one of the weights
// of its block. All other bytes of the block are set, so that no product is zero.
func TestAFloatThatIsNotANumberSpoilsItsBlock(t *testing.T) {
	for typ := range codecs {
		if len(typ.Floats()) == 0 {
			t.Errorf("%v has no floats", typ)
		}
		for _, float := range typ.Floats() {
			block := make([]byte, typ.BlockBytes())
			for i := range block {
				block[i] = 0x11
			}
			if spoiled(typ, block) {
				t.Errorf("%v: the block is spoiled from the start", typ)
			}
			binary.LittleEndian.PutUint16(block[float.At:], float.Mask|1)
			if !spoiled(typ, block) {
				t.Errorf("%v: byte %d does not contain a float", typ, float.At)
			}
		}
	}
}

// spoiled reports whether a weight of a block is not a number or infinite.
func spoiled(t Type, block []byte) bool {
	weights := make([]float32, t.BlockWeights())
	Dequantize(t, weights, block)
	for _, w := range weights {
		if f := float64(w); math.IsNaN(f) || math.IsInf(f, 0) {
			return true
		}
	}
	return false
}
