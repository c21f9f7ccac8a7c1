package quant

// IQ4_NL: f16 d, qs[16] as in Q4_0; w = d·iq4Values[q].

// iq4Values are the weights that the nibbles of IQ4_NL and IQ4_XS stand for: closer together around zero, where most
// weights are.
var iq4Values = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func decodeIQ4_NL(w []float32, b []byte) {
	decodeIQ4(w, half(b), b[2:])
}

func encodeIQ4_NL(b []byte, w []float32) {
	encodeIQ4(b[2:], w, putHalf(b, extreme(w)/iq4Values[0]))
}

// decodeIQ4 converts 32 weights of scale d from 16 bytes of nibbles.
func decodeIQ4(w []float32, d float32, qs []byte) {
	for i := range w {
		w[i] = d * iq4Values[nibble(qs, i)]
	}
}

// encodeIQ4 writes what decodeIQ4 reads.
func encodeIQ4(qs []byte, w []float32, d float32) {
	for i := range w {
		putNibble(qs, i, nearestIQ4(w[i], d))
	}
}

// nearestIQ4 returns the index of the value v for which d·v is nearest to x.
func nearestIQ4(x, d float32) int {
	best := 0
	for q, v := range iq4Values {
		if abs(x-d*v) < abs(x-d*iq4Values[best]) {
			best = q
		}
	}
	return best
}
