package quant

// Q8_0: f16 d, i8 qs[32]; w = d·q.

func decodeQ8_0(w []float32, b []byte) {
	d := half(b)
	for i := range w {
		w[i] = d * float32(int8(b[2+i]))
	}
}

func encodeQ8_0(b []byte, w []float32) {
	d := putHalf(b, extreme(w)/-127)
	for i := range w {
		b[2+i] = byte(int8(level(w[i], d, -127, 127)))
	}
}
