package ref

import (
	"math"

	"github.com/outrider-web/outrider/internal/ops"
)

// LayerNorm subtracts each token's mean and normalises it.
func (b *Backend) LayerNorm(dst, x, w, bias *ops.Tensor, eps float32) {
	ops.CheckLayerNorm(dst, x, w, bias)
	b.record(func() {
		for t := range x.Dim(1) {
			layerNorm(floats(dst.Rows(t, 1)), floats(x.Rows(t, 1)), floats(w), floats(bias), float64(eps))
		}
	})
}

func layerNorm(dst, x, w, b []float32, eps float64) {
	mean, variance := moments(x)
	scale := 1 / math.Sqrt(variance+eps)
	for i := range x {
		dst[i] = float32(float64(w[i])*(float64(x[i])-mean)*scale + float64(b[i]))
	}
}

// moments returns the mean of x and its biased variance.
func moments(x []float32) (mean, variance float64) {
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		off := float64(v) - mean
		variance += off * off / float64(len(x))
	}
	return mean, variance
}

// Gelu replaces x by x · ½(1 + erf(x/√2)).
func (b *Backend) Gelu(x *ops.Tensor) {
	ops.CheckGelu(x)
	b.record(func() {
		for i, v := range floats(x) {
			floats(x)[i] = float32(gelu(float64(v)))
		}
	})
}

func gelu(x float64) float64 { return x * (1 + math.Erf(x/math.Sqrt2)) / 2 }

// SetRows writes rows of a matrix.
func (b *Backend) SetRows(dst, src, ids *ops.Tensor) {
	ops.CheckSetRows(dst, src, ids)
	b.record(func() {
		for i, id := range words(ids) {
			copy(floats(dst.Rows(int(id), 1)), floats(src.Rows(i, 1)))
		}
	})
}
