package llama

import "math"

// ropeTable is cos, sin of the angle of each pair at each position: [dims, positions]. Pair k turns by
// position / stretch · base^(-2k/dims) / divisors[k]. Angles grow with the position, so they are made in float64.
func ropeTable(dims, positions int, base, stretch float64, divisors []float32) []float32 {
	table := make([]float32, 0, dims*positions)
	frequencies := ropeFrequencies(dims, base, stretch, divisors)
	for p := range positions {
		for _, f := range frequencies {
			sin, cos := math.Sincos(float64(p) * f)
			table = append(table, float32(cos), float32(sin))
		}
	}
	return table
}

// ropeFrequencies is radians a position of each pair. divisors may be nil.
func ropeFrequencies(dims int, base, stretch float64, divisors []float32) []float64 {
	f := make([]float64, dims/2)
	for k := range f {
		f[k] = math.Pow(base, -2*float64(k)/float64(dims)) / stretch
		if divisors != nil {
			f[k] /= float64(divisors[k])
		}
	}
	return f
}
