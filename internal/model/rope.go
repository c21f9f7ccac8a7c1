package model

import "math"

// RopeTable is cos, sin of the angle of each pair at each position: [2·pairs, positions]. frequencies are radians a
// position. Angles grow with the position, so they are made in float64.
func RopeTable(frequencies []float64, positions int) []float32 {
	table := make([]float32, 0, 2*len(frequencies)*positions)
	for p := range positions {
		for _, f := range frequencies {
			sin, cos := math.Sincos(float64(p) * f)
			table = append(table, float32(cos), float32(sin))
		}
	}
	return table
}

// RopeFrequencies is radians a position of each pair: base^(-2k/dims) / divisors[k] for pair k. divisors may be nil.
func RopeFrequencies(dims int, base float64, divisors []float32) []float64 {
	f := make([]float64, dims/2)
	for k := range f {
		f[k] = math.Pow(base, -2*float64(k)/float64(dims))
		if divisors != nil {
			f[k] /= float64(divisors[k])
		}
	}
	return f
}
