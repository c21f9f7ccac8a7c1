package quant

import (
	"encoding/binary"
	"math"
)

// BF16: the upper half of a float32.

func decodeBF16(w []float32, b []byte) {
	w[0] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
}

// encodeBF16 rounds to nearest, ties to even. A NaN stays a NaN.
func encodeBF16(b []byte, w []float32) {
	bits := math.Float32bits(w[0])
	if w[0] != w[0] {
		bits |= 1 << 22
	} else {
		bits += 0x7fff + bits>>16&1
	}
	binary.LittleEndian.PutUint16(b, uint16(bits>>16))
}
