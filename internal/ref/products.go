package ref

import "github.com/outrider-web/outrider/internal/ops"

// MulMatVec multiplies one vector with up to three matrices.
func (b *Backend) MulMatVec(p ops.Product) {
	ops.CheckProduct("mul_mat_vec", p)
	b.record(func() { multiply(p) })
}

// MulMat multiplies n vectors with up to three matrices.
func (b *Backend) MulMat(p ops.Product) {
	ops.CheckProduct("mul_mat", p)
	b.record(func() { multiply(p) })
}

// multiply computes a product with all its matrices.
func multiply(p ops.Product) {
	first := 0
	for i, w := range p.W {
		var bias []float32
		if p.Bias != nil {
			bias = floats(p.Bias[i])
		}
		parallel(w.Dim(1), func(r, end int) {
			scratch := make([]float32, w.Dim(0))
			for ; r < end; r++ {
				multiplyRow(p, first+r, row(w, r, scratch), bias, r)
			}
		})
		first += w.Dim(1)
	}
}

// multiplyRow computes element `at` of each token's product: weights · x, plus bias[r] if there is a bias.
func multiplyRow(p ops.Product, at int, weights, bias []float32, r int) {
	x, dst := floats(p.X), floats(p.Dst)
	hidden, rows := p.X.Dim(0), p.Dst.Dim(0)
	for t := range p.X.Dim(1) {
		sum := dot(weights, x[t*hidden:(t+1)*hidden])
		if bias != nil {
			sum += float64(bias[r])
		}
		if p.Add {
			sum += float64(dst[t*rows+at])
		}
		dst[t*rows+at] = float32(sum)
	}
}

// SwigluVec is the first half of a gated feed-forward for one token.
func (b *Backend) SwigluVec(dst, x, gate, up *ops.Tensor) {
	ops.CheckSwigluVec(dst, x, gate, up)
	b.record(func() {
		out, in := floats(dst), floats(x)
		parallel(len(out), func(r, end int) {
			scratch := make([]float32, len(in))
			for ; r < end; r++ {
				g := dot(row(gate, r, scratch), in)
				out[r] = float32(silu(g) * dot(row(up, r, scratch), in))
			}
		})
	})
}

// dot returns the dot product of a with the first elements of b.
func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
