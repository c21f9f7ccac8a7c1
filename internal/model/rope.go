package model

import "math"

// RopeTable returns cos and sin of the angle of each pair at each position: [2·pairs, positions]. frequencies are in
// radians per position. The angles are computed in float64, because they grow with the position.
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

// RopeFrequencies returns the frequency of each pair in radians per position: base^(-2k/dims) / divisors[k] for pair k.
// divisors may be nil.
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
