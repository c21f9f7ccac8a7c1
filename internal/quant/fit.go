package quant

import "math"

// level is the step nearest to x on a ladder with step d, held within lo..hi; 0 when the ladder has no height.
func level(x, d float32, lo, hi int) int {
	if d == 0 {
		return 0
	}
	return min(max(int(math.RoundToEven(float64(x/d))), lo), hi)
}

// extreme is the weight of the largest magnitude, with its sign. A signed ladder has one step more below zero than
// above, so dividing by the lowest step lets the extreme lie on it exactly.
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

// signedScales fits w = scale·q, q ≥ lowest, to each group of a K block. Groups are 16 weights.
func signedScales(w []float32, lowest int) []float32 {
	scales := make([]float32, len(w)/16)
	for g := range scales {
		scales[g] = extreme(w[16*g:16*g+16]) / float32(lowest)
	}
	return scales
}

// affineScales fits w = scale·q - minimum, 0 ≤ q ≤ highest, to each group of a K block. Minimums are never negative.
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
