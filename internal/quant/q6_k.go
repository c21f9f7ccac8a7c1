package quant

// Q6_K: ql[128], qh[64], i8 scales[16], f16 d; groups of 16. w = d·scales[g]·q, q in -32..31: four bits in ql, two in
// qh.

func decodeQ6_K(w []float32, b []byte) {
	d := half(b[208:])
	for i := range w {
		at, shift := lowQ6_K(i)
		low := int(b[at]>>shift) & 15
		high := int(b[128+pairByte(i)]>>pairShift(i)) & 3
		w[i] = d * float32(int8(b[192+i/16])) * float32(low+16*high-32)
	}
}

func encodeQ6_K(b []byte, w []float32) {
	clear(b)
	scales := signedScales(w, -32)
	d := putHalf(b[208:], extreme(scales)/-128)
	for i := range w {
		sc := level(scales[i/16], d, -128, 127)
		b[192+i/16] = byte(int8(sc))
		q := level(w[i], d*float32(sc), -32, 31) + 32
		at, shift := lowQ6_K(i)
		b[at] |= byte(q & 15 << shift)
		b[128+pairByte(i)] |= byte(q >> 4 << pairShift(i))
	}
}

// lowQ6_K locates the low four bits of weight i: each half of 128 weights has 64 bytes, whose low nibbles are its first
// 64 weights.
func lowQ6_K(i int) (at, shift int) { return 64*(i/128) + i%64, 4 * (i % 128 / 64) }
