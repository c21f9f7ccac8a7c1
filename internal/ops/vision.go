package ops

// Vision is the part of the op set that only the vision encoder uses; it also uses the products and attention of Ops.
type Vision interface {
	// LayerNorm normalises each token: dst = w · (x - mean) / sqrt(var + eps) + b, where var is the biased variance.
	// dst, x F32 [width, n] · w, b F32 [width]
	LayerNorm(dst, x, w, b *Tensor, eps float32)

	// Gelu replaces x by x · ½(1 + erf(x/√2)), the exact form. The error of erf is below 2e-7.
	// x F32 [width, n]
	Gelu(x *Tensor)

	// SetRows writes rows of a matrix: dst[:, ids[i]] = src[:, i]. The ids must all be different.
	// dst F32 [width, rows], width a multiple of 4 · src F32 [width, n] · ids U32 [n], each < rows
	SetRows(dst, src, ids *Tensor)
}
