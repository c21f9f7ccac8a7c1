package quant

// Q4_0: f16 d, qs[16]; w = d·(q - 8). Byte j of qs holds weight j in its low nibble, weight j+16 in its high one.

func decodeQ4_0(w []float32, b []byte) {
	d := half(b)
	for i := range w {
		w[i] = d * float32(nibble(b[2:], i)-8)
	}
}

func encodeQ4_0(b []byte, w []float32) {
	d := putHalf(b, extreme(w)/-8)
	for i := range w {
		putNibble(b[2:], i, level(w[i], d, -8, 7)+8)
	}
}

// nibble reads the 4-bit number of weight i from the 16 bytes of a block of 32.
func nibble(qs []byte, i int) int { return int(qs[i%16]>>(4*(i/16))) & 15 }

// putNibble writes what nibble reads. Low nibbles must be written first: they clear the byte.
func putNibble(qs []byte, i, q int) {
	if i < 16 {
		qs[i] = byte(q)
	} else {
		qs[i-16] |= byte(q << 4)
	}
}
