package quant

// Q3_K: hmask[32], qs[64], scales[12], f16 d; groups of 16. w = d·S·q with S in -32..31 and q in -4..3.
// The low two bits of q are in qs, the high bit is in hmask.

func decodeQ3_K(w []float32, b []byte) {
	d := half(b[108:])
	for i := range w {
		low := int(b[32+pairByte(i)]>>pairShift(i)) & 3
		high := int(b[i%32]>>(i/32)) & 1
		w[i] = d * float32(scaleQ3_K(b[96:], i/16)) * float32(low+4*high-4)
	}
}

func encodeQ3_K(b []byte, w []float32) {
	clear(b)
	scales := signedScales(w, -4)
	d := putHalf(b[108:], extreme(scales)/-32)
	for g := range scales {
		putScaleQ3_K(b[96:], g, level(scales[g], d, -32, 31))
	}
	for i := range w {
		q := level(w[i], d*float32(scaleQ3_K(b[96:], i/16)), -4, 3) + 4
		b[32+pairByte(i)] |= byte(q & 3 << pairShift(i))
		b[i%32] |= byte(q >> 2 << (i / 32))
	}
}

// scaleQ3_K reads the 6-bit scale of group g, -32..31: four bits are in the first eight bytes, two in the last four.
func scaleQ3_K(s []byte, g int) int {
	low := int(s[g%8]>>(4*(g/8))) & 15
	high := int(s[8+g%4]>>(2*(g/4))) & 3
	return low + 16*high - 32
}

// putScaleQ3_K writes what scaleQ3_K reads. s must be zero before.
func putScaleQ3_K(s []byte, g, scale int) {
	scale += 32
	s[g%8] |= byte(scale & 15 << (4 * (g / 8)))
	s[8+g%4] |= byte(scale >> 4 << (2 * (g / 4)))
}
