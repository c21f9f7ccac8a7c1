package quant

import "slices"

// Q4_1: f16 d, f16 m, qs[16] as in Q4_0; w = d·q + m.

func decodeQ4_1(w []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i := range w {
		w[i] = float32(d*float32(nibble(b[4:], i))) + m
	}
}

func encodeQ4_1(b []byte, w []float32) {
	m := putHalf(b[2:], slices.Min(w))
	d := putHalf(b, (slices.Max(w)-m)/15)
	for i := range w {
		putNibble(b[4:], i, level(w[i]-m, d, 0, 15))
	}
}
