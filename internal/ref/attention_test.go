package ref

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Two query heads and one key head of dimension 4; the table rotates the first pair by 90° per position.
func TestRopeKVRotatesAndStores(t *testing.T) {
	b := New()
	table := f32(t, b, "table", []float32{1, 0, 0, 1, -1, 0, 0, -1}, 2, 4)
	k, v := f32(t, b, "k", nil, 4, 3, 1), f32(t, b, "v", nil, 4, 3, 1)
	qkv := f32(t, b, "qkv", []float32{
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	}, 16, 2)
	r := ops.RopeKV{QKV: qkv, K: k, V: v, Step: u32(t, b, "step", 2, 2, 0, 0), Table: table, NumHeads: 2}
	run(t, b, func() { b.RopeKV(r) })
	near(t, "qkv", floats(qkv), []float32{
		-1, -2, 3, 4, -5, -6, 7, 8, -9, -10, 11, 12, 13, 14, 15, 16, // position 2: 180°
		2, -1, 3, 4, 6, -5, 7, 8, 10, -9, 11, 12, 13, 14, 15, 16, // position 3: 270°
	})
	near(t, "k", floats(k), []float32{10, -9, 11, 12, 0, 0, 0, 0, -9, -10, 11, 12}) // positions 3, none, 2
	near(t, "v", floats(v), []float32{13, 14, 15, 16, 0, 0, 0, 0, 13, 14, 15, 16})
}

func TestRopeKVWithoutATableDoesNotRotate(t *testing.T) {
	b := New()
	k, v := weight(t, b, "k", quant.F16, nil, 2, 4, 1), weight(t, b, "v", quant.F16, nil, 2, 4, 1)
	qkv := f32(t, b, "qkv", []float32{1, 2, 1.0001, 2.0001, 3, 4}, 6, 1)
	r := ops.RopeKV{QKV: qkv, K: k, V: v, Step: u32(t, b, "step", 1, 1, 0, 0), NumHeads: 1}
	run(t, b, func() { b.RopeKV(r) })
	near(t, "qkv", floats(qkv), []float32{1, 2, 1.0001, 2.0001, 3, 4})
	if got := floats(k)[2:4]; got[0] != 1 || got[1] != 2 {
		t.Errorf("the f16 cache holds %v, want 1 and 2: the nearest halves", got)
	}
}

// cache makes keys or values [2, slots, numKVHeads]; x has the first element of each vector, and the second is 0.
func cache(t *testing.T, b *Backend, name string, slots, heads int, x ...float32) *ops.Tensor {
	t.Helper()
	pairs := make([]float32, 2*len(x))
	for i := range x {
		pairs[2*i] = x[i]
	}
	return f32(t, b, name, pairs, 2, slots, heads)
}

func TestAttentionAveragesTheValuesOfItsWindow(t *testing.T) {
	for _, c := range []struct {
		name   string
		pos    uint32
		window int
		want   float32
	}{
		{"itself", 0, 0, 1},
		{"all before", 3, 0, (1 + 2 + 3 + 4) / 4.0},
		{"its own window", 3, 2, (3 + 4) / 2.0},
		{"the first position of a window", 2, 2, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New()
			a := ops.Attention{
				Dst: f32(t, b, "dst", nil, 2, 1), QKV: f32(t, b, "qkv", []float32{0, 0, 9, 9, 9, 9}, 6, 1),
				K: cache(t, b, "k", 4, 1, 0, 0, 0, 0), V: cache(t, b, "v", 4, 1, 1, 2, 3, 4),
				Step: u32(t, b, "step", c.pos, 1, 0, 0), NumHeads: 1, Window: c.window,
			}
			run(t, b, func() { b.AttentionVec(a) })
			near(t, "dst", floats(a.Dst), []float32{c.want, 0})
		})
	}
}

// Four query heads share two key heads; the second pair of query heads attends to the second key head.
func TestQueryHeadsShareKeyHeads(t *testing.T) {
	b := New()
	a := ops.Attention{
		Dst: f32(t, b, "dst", nil, 8, 1), QKV: f32(t, b, "qkv", make([]float32, 16), 16, 1),
		K: cache(t, b, "k", 1, 2, 0, 0), V: cache(t, b, "v", 1, 2, 5, 7),
		Step: u32(t, b, "step", 0, 1, 0, 0), NumHeads: 4,
	}
	run(t, b, func() { b.AttentionVec(a) })
	near(t, "dst", floats(a.Dst), []float32{5, 0, 5, 0, 7, 0, 7, 0})
}

// Scores are q·k/√2, here 0 and 1: the weights are those of softmax(0, 1).
func TestAttentionWeighsByScoreAndMasksLaterTokens(t *testing.T) {
	b := New()
	const sqrt2 = 1.4142135
	a := ops.Attention{
		Dst: f32(t, b, "dst", nil, 2, 2),
		QKV: f32(t, b, "qkv", []float32{sqrt2, 0, 0, 0, 0, 0, sqrt2, 0, 0, 0, 0, 0}, 6, 2),
		K:   cache(t, b, "k", 2, 1, 0, 1), V: cache(t, b, "v", 2, 1, 10, 20),
		Step: u32(t, b, "step", 0, 2, 0, 0), NumHeads: 1,
	}
	run(t, b, func() { b.Attention(a) })
	near(t, "dst", floats(a.Dst), []float32{10, 0, 17.310586, 0})
}

// A ring of two slots holds positions 2 and 3, the second window of two.
func TestAttentionOverARing(t *testing.T) {
	b := New()
	a := ops.Attention{
		Dst: f32(t, b, "dst", nil, 2, 1), QKV: f32(t, b, "qkv", make([]float32, 6), 6, 1),
		K: cache(t, b, "k", 2, 1, 0, 0), V: cache(t, b, "v", 2, 1, 3, 4),
		Step: u32(t, b, "step", 3, 1, 0, 0), NumHeads: 1, Window: 2,
	}
	run(t, b, func() { b.AttentionVec(a) })
	near(t, "dst", floats(a.Dst), []float32{3.5, 0})
}

// rotated returns the result of RopeKV for random queries, keys and values of two query heads and one key head, at
// positions 5 and 6.
func rotated(t *testing.T, change func(*ops.RopeKV)) (qkv, k []float32) {
	t.Helper()
	b, r := New(), rand.New(rand.NewPCG(5, 6))
	table := make([]float32, 0, 6*4)
	for p := range 4 { // position 5 is row 1
		for pair := range 3 {
			sin, cos := math.Sincos(float64(p*7 + pair))
			table = append(table, float32(cos), float32(sin))
		}
	}
	op := ops.RopeKV{
		QKV: random(t, b, r, 24, 2), K: f32(t, b, "k", nil, 6, 8, 1), V: f32(t, b, "v", nil, 6, 8, 1),
		Step: u32(t, b, "step", 5, 2, 0, 0), Table: f32(t, b, "table", table, 6, 4), NumHeads: 2,
	}
	change(&op)
	run(t, b, func() { b.RopeKV(op) })
	return floats(op.QKV), floats(op.K)
}

// normalised applies an RMS norm to each head of queries and keys, of dimension 6 in tokens of 24; values stay.
func normalised(qkv []float32, eps float64) []float32 {
	qkv = slices.Clone(qkv)
	for at := 0; at < len(qkv); at += 6 {
		if head := qkv[at : at+6]; at%24 < 18 {
			scale(head, 1/math.Sqrt(dot(head, head)/6+eps))
		}
	}
	return qkv
}

// Property 6 of docs/spec/llama4.md §10.3: norm and rotation commute, because a rotation does not change lengths. Seen
// to fail with the norm over two heads at once, and with the norm on the first of a pair only.
func TestNormAndRotationCommute(t *testing.T) {
	const eps = 0.25
	normedLast, keys := rotated(t, func(op *ops.RopeKV) { op.QKNorm = eps })
	normedFirst, _ := rotated(t, func(op *ops.RopeKV) { copy(floats(op.QKV), normalised(floats(op.QKV), eps)) })
	plain, _ := rotated(t, func(*ops.RopeKV) {})
	near(t, "norm after rotation", normedLast, normalised(plain, eps))
	near(t, "norm before rotation", normedFirst, normedLast)
	near(t, "stored keys", keys[5*6:7*6], slices.Concat(normedLast[12:18], normedLast[24+12:24+18]))
}

// The table of docs/spec/llama4.md §2.5: floor 8192, scale 0.1.
func TestTemperatureOfQueries(t *testing.T) {
	for pos, want := range map[int]float64{
		0: 1, 8190: 1, 8191: 1.069315, 16382: 1.069315, 16383: 1.109861, 32767: 1.160944, 65535: 1.219722,
		131071: 1.283321, 262143: 1.349651, 1048575: 1.485981, 10485759: 1.715540,
	} {
		if got := temperature(pos, 8192, 0.1); math.Abs(got-want) > 1e-6 {
			t.Errorf("position %d has temperature %v, want %v", pos, got, want)
		}
	}
}

// Positions 5 and 6 with floor 7 are on both sides of the first step of the temperature.
func TestTemperatureScalesOnlyQueries(t *testing.T) {
	plain, _ := rotated(t, func(*ops.RopeKV) {})
	got, _ := rotated(t, func(op *ops.RopeKV) { op.TempScale, op.TempFloor = 0.5, 7 })
	want := slices.Clone(plain)
	scale(want[24:24+12], 1+0.5*math.Ln2)
	near(t, "qkv", got, want)
}
