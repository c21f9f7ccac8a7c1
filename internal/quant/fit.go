package quant

import "math"

// level returns the integer q in lo..hi for which d·q is nearest to x; 0 if d is 0.
func level(x, d float32, lo, hi int) int {
	if d == 0 {
		return 0
	}
	return min(max(int(math.RoundToEven(float64(x/d))), lo), hi)
}

// extreme returns the weight of the largest magnitude, with its sign. A signed integer has one value more below zero
// than above, so with extreme divided by the lowest value as scale, the extreme weight is represented exactly.
func extreme(w []float32) float32 {
	var m float32
	for _, x := range w {
		if abs(x) > abs(m) {
			m = x
		}
	}
	return m
}

func abs(x float32) float32 { return float32(math.Abs(float64(x))) }

// signedScales returns the scale of each group of 16 weights of a K block, for w = scale·q with q ≥ lowest.
func signedScales(w []float32, lowest int) []float32 {
	scales := make([]float32, len(w)/16)
	for g := range scales {
		scales[g] = extreme(w[16*g:16*g+16]) / float32(lowest)
	}
	return scales
}

// affineScales returns the scale and the minimum of each group of a K block, for w = scale·q - minimum with
// 0 ≤ q ≤ highest. Minimums are never negative.
func affineScales(w []float32, group, highest int) (scales, minimums []float32) {
	for ; len(w) > 0; w = w[group:] {
		var lo, hi float32
		for _, x := range w[:group] {
			lo, hi = min(lo, x), max(hi, x)
		}
		scales = append(scales, (hi-lo)/float32(highest))
		minimums = append(minimums, -lo)
	}
	return scales, minimums
}
