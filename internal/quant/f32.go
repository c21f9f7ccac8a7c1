package quant

import (
	"encoding/binary"
	"math"
)

func decodeF32(w []float32, b []byte) {
	w[0] = math.Float32frombits(binary.LittleEndian.Uint32(b))
}

func encodeF32(b []byte, w []float32) {
	binary.LittleEndian.PutUint32(b, math.Float32bits(w[0]))
}
