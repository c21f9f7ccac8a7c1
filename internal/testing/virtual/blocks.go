package virtual

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"

	"github.com/outrider-web/outrider/internal/quant"
)

// blockFuncs make blocks of weights with standard deviation sigma and mean zero. For Q3_K and Q6_K, which have one
// more value below zero than above, the mean is within a hundredth of sigma. Bits that are not scales stay random, so
// quantised values are uniform and all of them occur. Layouts are those of package quant.
var blockFuncs = map[quant.Type]func(sigma float64) blockFunc{
	quant.Q2_K: newQ2_K, quant.Q3_K: newQ3_K, quant.Q4_K: newQ4_K, quant.Q6_K: newQ6_K,
}

// newQ4_K makes blocks of w = d·sc·q - dmin·mn with q in 0..15. Scales are 32..63, minimums are equal to them, and
// dmin = 7.5·d subtracts the mean of q.
func newQ4_K(sigma float64) blockFunc {
	ladders := newBlockScales(sigma/(standardDeviation(0, 15)*rootMeanSquare(32, 63)), 7.5)
	return func(b []byte, bits uint64) {
		ladders.put(b[0:], b[2:], bits)
		r := binary.LittleEndian.Uint64(b[4:])
		first, second := uint32(r)&0x1f1f1f1f|0x20202020, uint32(r>>32)&0x1f1f1f1f|0x20202020 // sc of groups 0..3, 4..7
		low, high := second&0x0f0f0f0f, second&0x30303030
		binary.LittleEndian.PutUint32(b[4:], first|high<<2)
		binary.LittleEndian.PutUint32(b[8:], first|high<<2)
		binary.LittleEndian.PutUint32(b[12:], low|low<<4)
	}
}

// newQ2_K makes blocks of w = d·sc·q - dmin·mn with q in 0..3 and scales 8..15.
func newQ2_K(sigma float64) blockFunc {
	ladders := newBlockScales(sigma/(standardDeviation(0, 3)*rootMeanSquare(8, 15)), 1.5)
	return func(b []byte, bits uint64) {
		for at := 0; at < 16; at += 8 {
			scales := binary.LittleEndian.Uint64(b[at:])&0x0707070707070707 | 0x0808080808080808
			binary.LittleEndian.PutUint64(b[at:], scales|scales<<4)
		}
		ladders.put(b[80:], b[82:], bits)
	}
}

// newQ3_K makes blocks of w = d·S·q with S in -32..31 and q in -4..3, both random.
func newQ3_K(sigma float64) blockFunc {
	ladders := newBlockScales(sigma/(rootMeanSquare(-32, 31)*rootMeanSquare(-4, 3)), 0)
	return func(b []byte, bits uint64) { ladders.put(b[108:], nil, bits) }
}

// newQ6_K makes blocks of w = d·sc·q with q in -32..31 and sc of magnitude 64..128 and either sign: bit 6 is the
// inverse of bit 7.
func newQ6_K(sigma float64) blockFunc {
	scale := math.Hypot(rootMeanSquare(64, 127), rootMeanSquare(-128, -65)) / math.Sqrt2
	ladders := newBlockScales(sigma/(scale*rootMeanSquare(-32, 31)), 0)
	return func(b []byte, bits uint64) {
		for at := 192; at < 208; at += 8 {
			r := binary.LittleEndian.Uint64(b[at:])
			binary.LittleEndian.PutUint64(b[at:], r&^0x4040404040404040|^r&0x8080808080808080>>1)
		}
		ladders.put(b[208:], nil, bits)
	}
}

// uniform makes F32 numbers, uniformly distributed between mean - spread and mean + spread.
func uniform(mean, spread float64) blockFunc {
	return func(b []byte, _ uint64) {
		u := float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
		binary.LittleEndian.PutUint32(b, math.Float32bits(float32(mean+float64(spread*u))))
	}
}

// blockScales are the scales d and dmin of a tensor's blocks: sixteen different pairs, so that a kernel that uses the
// scale of another block makes wrong results.
type blockScales [16]struct{ d, dmin uint16 }

// newBlockScales spreads scales evenly over 0.75..1.25 times d; their mean square is d².
func newBlockScales(d, dminPerD float64) *blockScales {
	var l blockScales
	sum := 0.0
	factor := func(i int) float64 { return 0.75 + float64(i)/30 }
	for i := range l {
		sum += factor(i) * factor(i)
	}
	norm := math.Sqrt(float64(len(l)) / sum)
	for i := range l {
		half := float16.Fromfloat32(float32(d * norm * factor(i)))
		l[i].d = half.Bits()
		l[i].dmin = float16.Fromfloat32(float32(dminPerD * float64(half.Float32()))).Bits()
	}
	return &l
}

// put writes the pair that the upper bits choose; dmin may be nil.
func (l *blockScales) put(d, dmin []byte, bits uint64) {
	pair := l[bits>>60]
	binary.LittleEndian.PutUint16(d, pair.d)
	if dmin != nil {
		binary.LittleEndian.PutUint16(dmin, pair.dmin)
	}
}

// rootMeanSquare returns the root of the mean square of the integers lo..hi.
func rootMeanSquare(lo, hi int) float64 {
	sum := 0
	for i := lo; i <= hi; i++ {
		sum += i * i
	}
	return math.Sqrt(float64(sum) / float64(hi-lo+1))
}

// standardDeviation returns the standard deviation of the integers lo..hi.
func standardDeviation(lo, hi int) float64 {
	mean := float64(lo+hi) / 2
	return math.Sqrt(rootMeanSquare(lo, hi)*rootMeanSquare(lo, hi) - float64(mean*mean))
}
