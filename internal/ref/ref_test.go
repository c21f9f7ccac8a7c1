package ref

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func f32(t *testing.T, b *Backend, name string, x []float32, shape ...int) *ops.Tensor {
	t.Helper()
	return weight(t, b, name, quant.F32, x, shape...)
}

// weight makes a tensor of type typ that holds x, uploaded in two pieces if it has more than two blocks.
func weight(t *testing.T, b *Backend, name string, typ quant.Type, x []float32, shape ...int) *ops.Tensor {
	t.Helper()
	w, err := b.Alloc(name, typ, shape...)
	if err != nil {
		t.Fatal(err)
	}
	if x == nil {
		return w
	}
	data := make([]byte, typ.RowBytes(len(x)))
	quant.Quantize(typ, data, x)
	cut := min(ops.UploadUnit(w), len(data))
	if err := b.Upload(w, 0, ops.Bytes(data[:cut])); err != nil {
		t.Fatal(err)
	}
	if err := b.Upload(w, int64(cut), ops.Bytes(data[cut:])); err != nil {
		t.Fatal(err)
	}
	return w
}

func u32(t *testing.T, b *Backend, name string, x ...uint32) *ops.Tensor {
	t.Helper()
	w, _ := b.Alloc(name, quant.U32, len(x))
	copy(words(w), x)
	return w
}

func run(t *testing.T, b *Backend, f func()) {
	t.Helper()
	p, err := b.Record(t.Name(), f)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if len(got) != len(want) || math.Abs(float64(got[i]-want[i])) > 1e-6*(1+math.Abs(float64(want[i]))) {
			t.Fatalf("%s is %v, want %v", what, got, want)
		}
	}
}

func TestRecordDoesNotRun(t *testing.T) {
	b := New()
	step := u32(t, b, "step", 7, 5, 0, 0)
	p, err := b.Record("advance", func() { b.Advance(step) })
	if err != nil {
		t.Fatal(err)
	}
	if words(step)[ops.StepPos] != 7 {
		t.Error("recording ran the op")
	}
	for range 2 {
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
	}
	if got := words(step)[:2]; !slices.Equal(got, []uint32{13, 1}) {
		t.Errorf("after two runs step is %v, want [13 1]", got)
	}
}

func TestOpOutsideRecordPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	b := New()
	b.Advance(u32(t, b, "step", 0, 1, 0, 0))
}

func TestMisshapenTensorsPanicWithShapeError(t *testing.T) {
	b := New()
	defer func() {
		if e, ok := recover().(*ops.ShapeError); !ok || e.Op != "swiglu" {
			t.Errorf("recovered %v, want a ShapeError of swiglu", e)
		}
	}()
	run(t, b, func() { b.Swiglu(f32(t, b, "dst", nil, 3, 1), f32(t, b, "gu", nil, 5, 1)) })
}

func TestReadBackReturnsTheBytesWritten(t *testing.T) {
	b := New()
	w := f32(t, b, "w", []float32{1, 2, 3, 4}, 2, 2)
	if err := b.Write(w.Rows(1, 1), 4, []byte{0, 0, 0xa0, 0x40}); err != nil {
		t.Fatal(err)
	}
	got, err := ops.Read(t.Context(), b, w, 4, 12)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 3)
	quant.Dequantize(quant.F32, x, got)
	near(t, "w[1:]", x, []float32{2, 3, 5})
}

func TestWriteBeyondTheTensorFails(t *testing.T) {
	b := New()
	if err := b.Write(f32(t, b, "w", nil, 4), 12, make([]byte, 8)); err == nil {
		t.Error("no error")
	}
}

func TestReadBackWithACancelledContextFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := New()
	if _, err := ops.Read(ctx, b, f32(t, b, "w", nil, 4), 0, 16); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestGetRowsDequantises(t *testing.T) {
	b := New()
	x := make([]float32, 3*32)
	for i := range x {
		x[i] = float32(i / 32 * 127) // rows of 0, 127 and 254, whose scales 1 and 2 are exact
	}
	table, dst := weight(t, b, "table", quant.Q8_0, x, 32, 3), f32(t, b, "dst", nil, 32, 2)
	run(t, b, func() { b.GetRows(dst, table, u32(t, b, "ids", 2, 1)) })
	if got := floats(dst); got[0] != 254 || got[31] != 254 || got[32] != 127 || got[63] != 127 {
		t.Errorf("rows 2 and 1 are %v", got)
	}
}

func TestRMSNorm(t *testing.T) {
	b := New()
	x, w := f32(t, b, "x", []float32{3, 4, 0, 0, 1, 1, 1, 1}, 4, 2), f32(t, b, "w", []float32{1, 2, 1, 3}, 4)
	run(t, b, func() { b.RMSNorm(x, x, w, 0.75) })
	s := float32(1 / math.Sqrt(25.0/4+0.75)) // mean of squares 25/4 and 1
	s1 := float32(1 / math.Sqrt(1.75))
	near(t, "x", floats(x), []float32{3 * s, 8 * s, 0, 0, s1, 2 * s1, s1, 3 * s1})
}

func TestProductStacksAddsAndBiases(t *testing.T) {
	b := New()
	one := []float32{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}
	w0, w1 := f32(t, b, "w0", one, 4, 4), weight(t, b, "w1", quant.F16, one, 4, 4)
	x := f32(t, b, "x", []float32{1, 2, 3, 4, 5, 6, 7, 8}, 4, 2)
	dst := f32(t, b, "dst", []float32{100, 100, 100, 100, 100, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0}, 8, 2)
	b0, b1 := f32(t, b, "b0", []float32{10, 10, 10, 10}, 4), f32(t, b, "b1", []float32{20, 20, 20, 20}, 4)
	p := ops.Product{Dst: dst, X: x, W: []*ops.Tensor{w0, w1}, Bias: []*ops.Tensor{b0, b1}, Add: true}
	run(t, b, func() { b.MulMat(p) })
	near(t, "dst", floats(dst), []float32{111, 112, 113, 114, 121, 122, 123, 124, 15, 16, 17, 18, 25, 26, 27, 28})

	p.Add, p.Bias, p.Dst, p.X = false, nil, dst.Rows(1, 1), x.Rows(0, 1)
	run(t, b, func() { b.MulMatVec(p) })
	near(t, "dst[1]", floats(p.Dst), []float32{1, 2, 3, 4, 1, 2, 3, 4})
}

func TestSwigluVecIsProductsThenSwiglu(t *testing.T) {
	b := New()
	gate := f32(t, b, "gate", []float32{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, 4, 4)
	up := f32(t, b, "up", []float32{2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2}, 4, 4)
	x := f32(t, b, "x", []float32{-1, 0, 1, 2}, 4, 1)
	vec, gu, dst := f32(t, b, "vec", nil, 4, 1), f32(t, b, "gu", nil, 8, 1), f32(t, b, "dst", nil, 4, 1)
	run(t, b, func() {
		b.SwigluVec(vec, x, gate, up)
		b.MulMat(ops.Product{Dst: gu, X: x, W: []*ops.Tensor{gate, up}})
		b.Swiglu(dst, gu)
	})
	// silu(x)·2x with silu(x) = x / (1 + e⁻ˣ)
	want := []float32{0.53788284, 0, 1.4621172, 7.0463767}
	near(t, "swiglu_vec", floats(vec), want)
	near(t, "swiglu", floats(dst), want)
}

func TestArgmaxTakesTheLowestIndexOnATie(t *testing.T) {
	b := New()
	dst := u32(t, b, "dst", 9, 9)
	dst.Shape = ops.Shape{1, 2}
	run(t, b, func() { b.Argmax(dst.Rows(1, 1), f32(t, b, "logits", []float32{-3, 5, 5, 1}, 4, 1)) })
	if got := words(dst); !slices.Equal(got, []uint32{9, 1}) {
		t.Errorf("argmax wrote %v, want [9 1]", got)
	}
}
