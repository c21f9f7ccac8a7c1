package quant

// Q4_K: f16 d, f16 dmin, scales[12], qs[128]; groups of 32. w = d·sc·q - dmin·mn.

func decodeQ4_K(w []float32, b []byte) {
	d, dmin := half(b), half(b[2:])
	for i := range w {
		sc, mn := scaleMin(b[4:], i/32)
		q := b[16+nibbleByte(i)] >> nibbleShift(i) & 15
		w[i] = float32(d*float32(sc)*float32(q)) - float32(dmin*float32(mn))
	}
}

func encodeQ4_K(b []byte, w []float32) {
	clear(b)
	d, dmin := encodeScaleMins(b, w, 15)
	for i := range w {
		sc, mn := scaleMin(b[4:], i/32)
		q := level(w[i]+dmin*float32(mn), d*float32(sc), 0, 15)
		b[16+nibbleByte(i)] |= byte(q << nibbleShift(i))
	}
}

// nibbleByte and nibbleShift locate the four low bits of weight i: 32 bytes hold 64 weights, low nibbles first.
func nibbleByte(i int) int  { return 32*(i/64) + i%32 }
func nibbleShift(i int) int { return 4 * (i / 32 % 2) }

// scaleMin reads the 6-bit scale and minimum of group j. Q4_K and Q5_K pack eight of each into 12 bytes.
func scaleMin(s []byte, j int) (sc, mn byte) {
	if j < 4 {
		return s[j] & 63, s[j+4] & 63
	}
	return s[j+4]&15 | s[j-4]>>6<<4, s[j+4]>>4 | s[j]>>6<<4
}

// putScaleMin writes what scaleMin reads. s must be zero before.
func putScaleMin(s []byte, j, sc, mn int) {
	if j < 4 {
		s[j] |= byte(sc)
		s[j+4] |= byte(mn)
		return
	}
	s[j+4] |= byte(sc&15 | mn&15<<4)
	s[j-4] |= byte(sc >> 4 << 6)
	s[j] |= byte(mn >> 4 << 6)
}

// encodeScaleMins computes the scales and minimums of a Q4_K or Q5_K block, whose q are 0..highest, and writes the
// first 16 bytes of the block.
func encodeScaleMins(b []byte, w []float32, highest int) (d, dmin float32) {
	scales, minimums := affineScales(w, 32, highest)
	d, dmin = putHalf(b, extreme(scales)/63), putHalf(b[2:], extreme(minimums)/63)
	for j := range scales {
		putScaleMin(b[4:], j, level(scales[j], d, 0, 63), level(minimums[j], dmin, 0, 63))
	}
	return d, dmin
}
