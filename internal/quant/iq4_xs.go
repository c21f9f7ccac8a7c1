package quant

import "encoding/binary"

// IQ4_XS: f16 d, u16 of the high two bits of eight scales, four bytes of their low nibbles, qs[128]: groups of 32 as in
// IQ4_NL, each with a 6-bit scale S of bias 32; w = d·S·iq4Values[q].

func decodeIQ4_XS(w []float32, b []byte) {
	d := half(b)
	for g := range 8 {
		decodeIQ4(w[32*g:32*g+32], d*float32(scaleIQ4_XS(b, g)), b[8+16*g:])
	}
}

func encodeIQ4_XS(b []byte, w []float32) {
	clear(b)
	scales := make([]float32, 8)
	for g := range scales {
		scales[g] = extreme(w[32*g:32*g+32]) / iq4Values[0]
	}
	d := putHalf(b, extreme(scales)/-32)
	for g, s := range scales {
		putScaleIQ4_XS(b, g, level(s, d, -32, 31))
		encodeIQ4(b[8+16*g:], w[32*g:32*g+32], d*float32(scaleIQ4_XS(b, g)))
	}
}

// scaleIQ4_XS reads the scale of a group from a block, without its bias.
func scaleIQ4_XS(b []byte, g int) int {
	low := int(b[4+g/2]) >> (4 * (g % 2)) & 15
	high := int(binary.LittleEndian.Uint16(b[2:])) >> (2 * g) & 3
	return low + 16*high - 32
}

// putScaleIQ4_XS writes what scaleIQ4_XS reads. The bits must be zero before.
func putScaleIQ4_XS(b []byte, g, scale int) {
	s := scale + 32
	b[4+g/2] |= byte(s & 15 << (4 * (g % 2)))
	b[2+g/4] |= byte(s >> 4 << (2 * (g % 4)))
}
