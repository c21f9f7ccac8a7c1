package ref

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
)

func TestLayerNorm(t *testing.T) {
	b := New()
	x := f32(t, b, "x", []float32{1, 3, 1, 3, 10, 10, 10, 10}, 4, 2)
	w, bias := f32(t, b, "w", []float32{1, 1, 2, 3}, 4), f32(t, b, "b", []float32{0, 10, 0, 0}, 4)
	run(t, b, func() { b.LayerNorm(x, x, w, bias, 3) })
	near(t, "x", floats(x), []float32{-0.5, 10.5, -1, 1.5, 0, 10, 0, 0}) // mean 2, variance 1; then variance 0
}

func TestGeluIsTheExactForm(t *testing.T) {
	b := New()
	x := f32(t, b, "x", []float32{-2.7, -1, 0, 1, 2.7, 40}, 6, 1)
	run(t, b, func() { b.Gelu(x) })
	// x·Φ(x); the tanh form is off by 4e-4 at ±2.7
	near(t, "x", floats(x), []float32{-0.009360829, -0.15865526, 0, 0.8413447, 2.6906391, 40})
}

func TestSetRowsWritesTheRowsOfTheIDs(t *testing.T) {
	b := New()
	dst := f32(t, b, "dst", []float32{1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}, 4, 3)
	src := f32(t, b, "src", []float32{7, 7, 7, 7, 8, 8, 8, 8}, 4, 2)
	run(t, b, func() { b.SetRows(dst, src, u32(t, b, "ids", 2, 0)) })
	near(t, "dst", floats(dst), []float32{8, 8, 8, 8, 2, 2, 2, 2, 7, 7, 7, 7})
}

// With scores of 0 each query averages all three values, whatever Step and Window say.
func TestAttentionToAllSlotsIncludesLaterPositions(t *testing.T) {
	b := New()
	a := ops.Attention{
		Dst: f32(t, b, "dst", nil, 2, 2), QKV: f32(t, b, "qkv", make([]float32, 12), 6, 2),
		K: cache(t, b, "k", 3, 1, 0, 0, 0), V: cache(t, b, "v", 3, 1, 1, 2, 6),
		Step: u32(t, b, "step", 0, 2, 0, 0), NumHeads: 1, Window: 1, All: true,
	}
	run(t, b, func() { b.Attention(a) })
	near(t, "dst", floats(a.Dst), []float32{3, 0, 3, 0})
}
