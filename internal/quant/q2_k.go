package quant

// Q2_K: scales[16], qs[64], f16 d, f16 dmin; groups of 16.
// w = d·(low nibble of scales[g])·q - dmin·(high nibble of scales[g]).

func decodeQ2_K(w []float32, b []byte) {
	d, dmin := half(b[80:]), half(b[82:])
	for i := range w {
		s := b[i/16]
		q := b[16+pairByte(i)] >> pairShift(i) & 3
		w[i] = float32(d*float32(s&15)*float32(q)) - float32(dmin*float32(s>>4))
	}
}

func encodeQ2_K(b []byte, w []float32) {
	clear(b)
	scales, minimums := affineScales(w, 16, 3)
	d, dmin := putHalf(b[80:], extreme(scales)/15), putHalf(b[82:], extreme(minimums)/15)
	for i := range w {
		sc, mn := level(scales[i/16], d, 0, 15), level(minimums[i/16], dmin, 0, 15)
		b[i/16] = byte(sc | mn<<4)
		q := level(w[i]+dmin*float32(mn), d*float32(sc), 0, 3)
		b[16+pairByte(i)] |= byte(q << pairShift(i))
	}
}

// pairByte and pairShift locate the two bits of weight i in K blocks that store pairs of bits: 32 bytes hold 128
// weights, the first 32 of them in the lowest bits.
func pairByte(i int) int  { return 32*(i/128) + i%32 }
func pairShift(i int) int { return 2 * (i % 128 / 32) }
