package quant

import "fmt"

// codec converts one block to weights and back. Each type has its codec in a file of its own.
type codec struct {
	decode func(w []float32, b []byte)
	encode func(b []byte, w []float32)
}

var codecs = map[Type]codec{
	F32: {decodeF32, encodeF32}, F16: {decodeF16, encodeF16}, BF16: {decodeBF16, encodeBF16},
	Q4_0: {decodeQ4_0, encodeQ4_0}, Q4_1: {decodeQ4_1, encodeQ4_1}, Q8_0: {decodeQ8_0, encodeQ8_0},
	Q2_K: {decodeQ2_K, encodeQ2_K}, Q3_K: {decodeQ3_K, encodeQ3_K}, Q4_K: {decodeQ4_K, encodeQ4_K},
	Q5_K: {decodeQ5_K, encodeQ5_K}, Q6_K: {decodeQ6_K, encodeQ6_K}, Q5_0: {decodeQ5_0, encodeQ5_0},
	Q5_1: {decodeQ5_1, encodeQ5_1}, IQ4_NL: {decodeIQ4_NL, encodeIQ4_NL}, IQ4_XS: {decodeIQ4_XS, encodeIQ4_XS},
}

// Dequantize converts the blocks in src to weights. It panics if the lengths of dst and src are not the same number of
// whole blocks, or if t is an index type, which holds no weights.
func Dequantize(t Type, dst []float32, src []byte) {
	c, n, size := t.codec(len(dst), len(src))
	for len(src) > 0 {
		c.decode(dst[:n], src[:size])
		dst, src = dst[n:], src[size:]
	}
}

// Quantize converts weights to blocks, whose scales follow from their largest and smallest weights. ggml's quantiser
// also searches for better scales; this one does not need to, because it only makes models for tests. It panics as
// Dequantize does.
func Quantize(t Type, dst []byte, src []float32) {
	c, n, size := t.codec(len(src), len(dst))
	for len(dst) > 0 {
		c.encode(dst[:size], src[:n])
		dst, src = dst[size:], src[n:]
	}
}

// codec returns t's codec, and the weights and bytes of a block, after checking that the two lengths are the same
// number of whole blocks.
func (t Type) codec(weights, bytes int) (c codec, n, size int) {
	c, ok := codecs[t]
	if !ok {
		panic("quant: no codec for " + t.String())
	}
	n, size = t.BlockWeights(), t.BlockBytes()
	if weights%n != 0 || bytes != t.RowBytes(weights) {
		panic(fmt.Sprintf("quant: %d weights of %v do not fill %d bytes", weights, t, bytes))
	}
	return c, n, size
}
