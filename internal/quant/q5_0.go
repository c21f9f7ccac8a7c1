package quant

import "encoding/binary"

// Q5_0: f16 d, u32 qh, qs[16] as in Q4_0; bit i of qh is the fifth bit of weight i; w = d·(q - 16).

func decodeQ5_0(w []float32, b []byte) {
	d := half(b)
	for i := range w {
		w[i] = d * float32(fiveBits(b[2:], i)-16)
	}
}

func encodeQ5_0(b []byte, w []float32) {
	d := putHalf(b, extreme(w)/-16)
	clear(b[2:6])
	for i := range w {
		putFiveBits(b[2:], i, level(w[i], d, -16, 15)+16)
	}
}

// fiveBits reads the 5-bit number of weight i of a block of 32 from four bytes of fifth bits and 16 of nibbles.
func fiveBits(b []byte, i int) int {
	return nibble(b[4:], i) | int(binary.LittleEndian.Uint32(b)>>i&1)<<4
}

// putFiveBits writes what fiveBits reads. The fifth bits must be zero before.
func putFiveBits(b []byte, i, q int) {
	putNibble(b[4:], i, q&15)
	b[i/8] |= byte(q >> 4 << (i % 8))
}
