package ops

// Vision is the part of the op set that the vision tower needs beside the ordinary products and attention.
type Vision interface {
	// LayerNorm normalises each token: dst = w · (x - mean) / sqrt(var + eps) + b, the variance the biased one.
	// dst, x F32 [width, n] · w, b F32 [width]
	LayerNorm(dst, x, w, b *Tensor, eps float32)

	// Gelu is x · ½(1 + erf(x/√2)), the exact form, in place. Its error is below 2e-7 for erf.
	// x F32 [width, n]
	Gelu(x *Tensor)

	// SetRows writes rows of a matrix: dst[:, ids[i]] = src[:, i]. Ids must differ.
	// dst F32 [width, rows], width a multiple of 4 · src F32 [width, n] · ids U32 [n], each < rows
	SetRows(dst, src, ids *Tensor)
}
