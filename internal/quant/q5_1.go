package quant

import "slices"

// Q5_1: f16 d, f16 m, then fifth bits and nibbles as in Q5_0; w = d·q + m.

func decodeQ5_1(w []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i := range w {
		w[i] = float32(d*float32(fiveBits(b[4:], i))) + m
	}
}

func encodeQ5_1(b []byte, w []float32) {
	m := putHalf(b[2:], slices.Min(w))
	d := putHalf(b, (slices.Max(w)-m)/31)
	clear(b[4:8])
	for i := range w {
		putFiveBits(b[4:], i, level(w[i]-m, d, 0, 31))
	}
}
