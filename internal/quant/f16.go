package quant

import (
	"encoding/binary"

	"github.com/x448/float16"
)

func decodeF16(w []float32, b []byte) { w[0] = half(b) }

func encodeF16(b []byte, w []float32) { putHalf(b, w[0]) }

// half reads an IEEE binary16, including subnormal numbers, which the scales of low-bit types may be.
func half(b []byte) float32 {
	return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32()
}

// putHalf writes x as binary16 and returns the rounded number.
func putHalf(b []byte, x float32) float32 {
	h := float16.Fromfloat32(x)
	binary.LittleEndian.PutUint16(b, h.Bits())
	return h.Float32()
}
