package ref

import (
	"math"

	"github.com/outrider-web/outrider/internal/ops"
)

// GetRows copies rows of a table.
func (b *Backend) GetRows(dst, table, ids *ops.Tensor) {
	ops.CheckGetRows(dst, table, ids)
	b.record(func() {
		width := dst.Dim(0)
		scratch := make([]float32, width)
		for t, id := range words(ids) {
			copy(floats(dst)[t*width:], row(table, int(id), scratch))
		}
	})
}

// RMSNorm normalises each token.
func (b *Backend) RMSNorm(dst, x, w *ops.Tensor, eps float32) {
	ops.CheckRMSNorm(dst, x, w)
	b.record(func() {
		for t := range x.Dim(1) {
			rmsNorm(floats(dst.Rows(t, 1)), floats(x.Rows(t, 1)), floats(w), float64(eps))
		}
	})
}

func rmsNorm(dst, x, w []float32, eps float64) {
	scale := 1 / math.Sqrt(dot(x, x)/float64(len(x))+eps)
	for i := range x {
		dst[i] = float32(float64(w[i]) * float64(x[i]) * scale)
	}
}

// Swiglu combines the gate and up halves that MulMat stacked.
func (b *Backend) Swiglu(dst, gu *ops.Tensor) {
	ops.CheckSwiglu(dst, gu)
	b.record(func() {
		width := dst.Dim(0)
		for t := range dst.Dim(1) {
			out, in := floats(dst.Rows(t, 1)), floats(gu.Rows(t, 1))
			for i := range out {
				out[i] = float32(silu(float64(in[i])) * float64(in[width+i]))
			}
		}
	})
}

func silu(x float64) float64 { return x / (1 + math.Exp(-x)) }

// Argmax writes the index of the largest logit, the lowest one on a tie.
func (b *Backend) Argmax(dst, logits *ops.Tensor) {
	ops.CheckArgmax(dst, logits)
	b.record(func() { words(dst)[0] = uint32(largest(floats(logits))) })
}

// largest returns the index of the largest number, the lowest one on a tie.
func largest(x []float32) (at int) {
	for i := range x {
		if x[i] > x[at] {
			at = i
		}
	}
	return at
}

// Advance makes step describe the next token.
func (b *Backend) Advance(step *ops.Tensor) {
	ops.CheckAdvance(step)
	b.record(func() {
		s := words(step)
		s[ops.StepPos] += s[ops.StepCount]
		s[ops.StepCount] = 1
	})
}
