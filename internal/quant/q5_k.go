package quant

// Q5_K: f16 d, f16 dmin, scales[12], qh[32], qs[128]: like Q4_K, with a fifth bit of q in qh.

func decodeQ5_K(w []float32, b []byte) {
	d, dmin := half(b), half(b[2:])
	for i := range w {
		sc, mn := scaleMin(b[4:], i/32)
		q := b[48+nibbleByte(i)]>>nibbleShift(i)&15 | b[16+i%32]>>(i/32)&1<<4
		w[i] = float32(d*float32(sc)*float32(q)) - float32(dmin*float32(mn))
	}
}

func encodeQ5_K(b []byte, w []float32) {
	clear(b)
	d, dmin := encodeScaleMins(b, w, 31)
	for i := range w {
		sc, mn := scaleMin(b[4:], i/32)
		q := level(w[i]+dmin*float32(mn), d*float32(sc), 0, 31)
		b[48+nibbleByte(i)] |= byte(q & 15 << nibbleShift(i))
		b[16+i%32] |= byte(q >> 4 << (i / 32))
	}
}
