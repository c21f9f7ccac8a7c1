package virtual

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"

	"github.com/outrider-web/outrider/internal/quant"
)

// finishers make blocks of weights with standard deviation sigma and mean zero (of Q3_K and Q6_K, whose ladders have a
// step more below zero than above, within a hundredth of sigma). Bits that are not scales stay random, so quants are
// uniform: every ladder step occurs. Layouts are those of package quant.
var finishers = map[quant.Type]func(sigma float64) finisher{
	quant.Q2_K: finishQ2_K, quant.Q3_K: finishQ3_K, quant.Q4_K: finishQ4_K, quant.Q6_K: finishQ6_K,
}

// finishQ4_K: w = d·sc·q - dmin·mn with q in 0..15. Scales are 32..63, minimums the same, and dmin = 7.5·d takes the
// mean of q away.
func finishQ4_K(sigma float64) finisher {
	ladders := newLadders(sigma/(deviation(0, 15)*size(32, 63)), 7.5)
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

// finishQ2_K: w = d·sc·q - dmin·mn with q in 0..3, scales 8..15.
func finishQ2_K(sigma float64) finisher {
	ladders := newLadders(sigma/(deviation(0, 3)*size(8, 15)), 1.5)
	return func(b []byte, bits uint64) {
		for at := 0; at < 16; at += 8 {
			scales := binary.LittleEndian.Uint64(b[at:])&0x0707070707070707 | 0x0808080808080808
			binary.LittleEndian.PutUint64(b[at:], scales|scales<<4)
		}
		ladders.put(b[80:], b[82:], bits)
	}
}

// finishQ3_K: w = d·S·q with S in -32..31 and q in -4..3, all of them random.
func finishQ3_K(sigma float64) finisher {
	ladders := newLadders(sigma/(size(-32, 31)*size(-4, 3)), 0)
	return func(b []byte, bits uint64) { ladders.put(b[108:], nil, bits) }
}

// finishQ6_K: w = d·sc·q with q in -32..31 and sc of magnitude 64..128 and either sign: bit 6 is the opposite of bit 7.
func finishQ6_K(sigma float64) finisher {
	scale := math.Hypot(size(64, 127), size(-128, -65)) / math.Sqrt2
	ladders := newLadders(sigma/(scale*size(-32, 31)), 0)
	return func(b []byte, bits uint64) {
		for at := 192; at < 208; at += 8 {
			r := binary.LittleEndian.Uint64(b[at:])
			binary.LittleEndian.PutUint64(b[at:], r&^0x4040404040404040|^r&0x8080808080808080>>1)
		}
		ladders.put(b[208:], nil, bits)
	}
}

// around makes F32 numbers, uniform between mean - spread and mean + spread.
func around(mean, spread float64) finisher {
	return func(b []byte, _ uint64) {
		u := float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
		binary.LittleEndian.PutUint32(b, math.Float32bits(float32(mean+float64(spread*u))))
	}
}

// ladders are the scales d, and dmin, that a tensor's blocks have: sixteen pairs, so that a kernel that takes another
// block's scale is found out.
type ladders [16]struct{ d, dmin uint16 }

// newLadders spreads scales evenly over 0.75..1.25 times d; their mean square is d².
func newLadders(d, dminPerD float64) *ladders {
	var l ladders
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

// put writes the pair that bits choose; dmin may be nil.
func (l *ladders) put(d, dmin []byte, bits uint64) {
	pair := l[bits>>60]
	binary.LittleEndian.PutUint16(d, pair.d)
	if dmin != nil {
		binary.LittleEndian.PutUint16(dmin, pair.dmin)
	}
}

// size is the root of the mean square of the whole numbers lo..hi, and deviation the same around their mean.
func size(lo, hi int) float64 {
	sum := 0
	for i := lo; i <= hi; i++ {
		sum += i * i
	}
	return math.Sqrt(float64(sum) / float64(hi-lo+1))
}

func deviation(lo, hi int) float64 {
	mean := float64(lo+hi) / 2
	return math.Sqrt(size(lo, hi)*size(lo, hi) - float64(mean*mean))
}
