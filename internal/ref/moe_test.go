package ref

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// random makes a tensor of numbers between -1 and 1.
func random(t *testing.T, b *Backend, r *rand.Rand, shape ...int) *ops.Tensor {
	t.Helper()
	x := make([]float32, ops.Shape(shape).Elems())
	for i := range x {
		x[i] = 2*r.Float32() - 1
	}
	return f32(t, b, "random", x, shape...)
}

// indices makes a U32 tensor of any shape.
func indices(t *testing.T, b *Backend, shape ops.Shape, x ...uint32) *ops.Tensor {
	t.Helper()
	w, err := b.Alloc("indices", quant.U32, shape...)
	if err != nil {
		t.Fatal(err)
	}
	copy(words(w), x)
	return w
}

func bits(x float32) uint32 { return math.Float32bits(x) }

func TestRouterChoosesTheLargestBestFirst(t *testing.T) {
	b := New()
	w := f32(t, b, "w", []float32{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 4, 3)
	x := f32(t, b, "x", []float32{-1, 2, 0, 0, 5, -3, 5, 0}, 4, 2) // logits -1, 2, 0 and 5, -3, 5: a tie
	dst, slots := indices(t, b, ops.Shape{6, 2}), indices(t, b, ops.Shape{3}, 7, ops.Missing, 9)
	run(t, b, func() { b.Router(dst, x, w, slots) })
	s := func(x float64) uint32 { return bits(float32(1 / (1 + math.Exp(-x)))) }
	if want := []uint32{1, ops.Missing, s(2), 2, 9, s(0), 0, 7, s(5), 2, 9, s(5)}; !slices.Equal(words(dst), want) {
		t.Errorf("choices are %v, want %v", words(dst), want)
	}
}

func TestGroupTokensListsChoicesByExpert(t *testing.T) {
	b := New()
	choice := indices(t, b, ops.Shape{6, 3},
		2, 9, 0, 0, 9, 0, // token 0
		2, 9, 0, 3, 9, 0, // token 1
		0, 9, 0, 2, 9, 0) // token 2
	dst := indices(t, b, ops.Shape{1, 4 + 1 + 6})
	run(t, b, func() { b.GroupTokens(dst, choice) })
	want := []uint32{0, 2, 2, 5, 6, 1, 4, 0, 2, 5, 3}
	if !slices.Equal(words(dst), want) {
		t.Errorf("groups are %v, want %v", words(dst), want)
	}
}

func TestAddExpertsAddsAllChoicesOfAToken(t *testing.T) {
	b := New()
	dst := f32(t, b, "dst", []float32{1, 2, 3, 4}, 2, 2)
	y := f32(t, b, "y", []float32{10, 20, 100, 200, 30, 40, 300, 400}, 2, 4)
	run(t, b, func() { b.AddExperts(dst, y) })
	near(t, "dst", floats(dst), []float32{111, 222, 333, 444})
}

// layer returns a small mixture of experts: hidden 8, three experts of width 12 and a shared expert of width 4.
func layer(t *testing.T, b *Backend, r *rand.Rand) ops.Experts {
	return ops.Experts{
		Gate: random(t, b, r, 8, 12, 3), Up: random(t, b, r, 8, 12, 3), Down: random(t, b, r, 12, 8, 3),
		SharedGate: random(t, b, r, 8, 4), SharedUp: random(t, b, r, 8, 4), SharedDown: random(t, b, r, 4, 8),
	}
}

// addFeedForward adds outside·down·(silu(gate·inside·x) * (up·inside·x)) to y, computed step by step.
func addFeedForward(y []float64, gate, up, down *ops.Tensor, x []float32, inside, outside float64) {
	h := make([]float64, gate.Dim(1))
	for r := range h {
		h[r] = silu(inside*dot(row(gate, r, nil), x)) * inside * dot(row(up, r, nil), x)
	}
	for r := range y {
		for i, w := range row(down, r, nil) {
			y[r] += outside * float64(w) * h[i]
		}
	}
}

func rounded(x []float64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return y
}

// Property 5 of docs/spec/llama4.md §10.3: the weight of a choice scales the expert's input, which differs from scaling
// its output. This is checked for the ops for one token and for those for several. Seen to fail with the weight after
// silu(g)·u, in either.
func TestAnExpertsWeightScalesItsInput(t *testing.T) {
	b, r := New(), rand.New(rand.NewPCG(1, 2))
	e, x := layer(t, b, r), random(t, b, r, 8, 1)
	choice := indices(t, b, ops.Shape{6, 1}, 2, 2, bits(0.25), 0, 0, bits(0.75))
	input, output := make([]float64, 8), make([]float64, 8)
	for j := range 2 {
		slot, s := word(choice, j, ops.ChoiceSlot), weightOf(choice, j)
		gate, up, down := inSlot(e.Gate, slot), inSlot(e.Up, slot), inSlot(e.Down, slot)
		addFeedForward(input, gate, up, down, floats(x), s, 1)
		addFeedForward(output, gate, up, down, floats(x), 1, s)
	}
	difference := 0.0
	for i := range input {
		difference += math.Abs(input[i] - output[i])
	}
	if difference < 0.1 {
		t.Fatalf("scaling the input and scaling the output differ by only %g", difference)
	}
	routed := rounded(input)
	addFeedForward(input, e.SharedGate, e.SharedUp, e.SharedDown, floats(x), 1, 1)
	for i := range input {
		input[i]++ // the residual stream is 1
	}

	one, h := f32(t, b, "one", []float32{1, 1, 1, 1, 1, 1, 1, 1}, 8, 1), f32(t, b, "h", nil, 2*12+4, 1)
	several, groups := f32(t, b, "several", nil, 8, 1), indices(t, b, ops.Shape{1, 3 + 1 + 2})
	gu, hs, y := f32(t, b, "gu", nil, 24, 2), f32(t, b, "hs", nil, 12, 2), f32(t, b, "y", nil, 8, 2)
	run(t, b, func() {
		b.SwigluIDVec(h, x, choice, e)
		b.MulMatIDVec(one, h, choice, e)

		b.GroupTokens(groups, choice)
		b.MulMatID(ops.ProductID{Dst: gu, X: x, W: []*ops.Tensor{e.Gate, e.Up}, Choice: choice, Groups: groups})
		b.Swiglu(hs, gu)
		b.MulMatID(ops.ProductID{Dst: y, X: hs, W: []*ops.Tensor{e.Down}, Choice: choice, Groups: groups, PerChoice: true})
		b.AddExperts(several, y)
	})
	near(t, "one token, with the shared expert and the residual", floats(one), rounded(input))
	near(t, "several tokens", floats(several), routed)
}

// The columns of each token in a product of several tokens equal those of the token alone.
func TestMulMatIDComputesTokensIndependently(t *testing.T) {
	b, r := New(), rand.New(rand.NewPCG(3, 4))
	w, x := random(t, b, r, 8, 12, 3), random(t, b, r, 8, 3)
	choice := indices(t, b, ops.Shape{6, 3},
		2, 2, bits(0.5), 1, 1, bits(1), 0, 0, bits(0.25), 2, 2, bits(2), 2, 2, bits(1), 0, 0, bits(3))
	groups, got := indices(t, b, ops.Shape{1, 3 + 1 + 6}), f32(t, b, "got", nil, 12, 6)
	run(t, b, func() {
		b.GroupTokens(groups, choice)
		b.MulMatID(ops.ProductID{Dst: got, X: x, W: []*ops.Tensor{w}, Choice: choice, Groups: groups})
	})
	for c := range 6 {
		slot, s := word(choice, c, ops.ChoiceSlot), weightOf(choice, c)
		want := make([]float32, 12)
		for i := range want {
			want[i] = float32(s * dot(row(inSlot(w, slot), i, nil), floats(x.Rows(c/2, 1))))
		}
		near(t, "column", floats(got.Rows(c, 1)), want)
	}
}

// The experts of a batch may be computed in several calls, in slots that held other experts before; the result is the
// same.
func TestMulMatIDInSeveralCallsEqualsOne(t *testing.T) {
	b, r := New(), rand.New(rand.NewPCG(5, 6))
	w, x := random(t, b, r, 8, 12, 3), random(t, b, r, 8, 3)
	choice := indices(t, b, ops.Shape{3, 3}, 2, 0, bits(0.5), 0, 0, bits(1), 1, 0, bits(2))
	groups := indices(t, b, ops.Shape{1, 3 + 1 + 3})
	want, got := f32(t, b, "want", nil, 12, 3), f32(t, b, "got", nil, 12, 3)
	p := ops.ProductID{Dst: want, X: x, W: []*ops.Tensor{w}, Choice: choice, Groups: groups}
	run(t, b, func() { b.GroupTokens(groups, choice); b.MulMatID(p) })
	p.Dst = got
	for e := range 3 {
		one := random(t, b, r, 8, 12, 1)
		copy(floats(one), floats(w)[e*8*12:])
		p.W, p.Slots = []*ops.Tensor{one}, indices(t, b, ops.Shape{3}, ops.Missing, ops.Missing, ops.Missing)
		words(p.Slots)[e] = 0
		run(t, b, func() { b.MulMatID(p) })
	}
	if !slices.Equal(floats(got), floats(want)) {
		t.Errorf("in several calls %v, in one %v", floats(got), floats(want))
	}
}

// Seen to fail without the stop, and with RunFrom starting at the beginning of the program.
func TestAGuardedProgramStopsAtAMissAndResumesThere(t *testing.T) {
	b := New()
	w := f32(t, b, "w", []float32{1, 0, 0, 0, 0, 1, 0, 0}, 4, 2)
	x, dst := f32(t, b, "x", []float32{0, 1, 0, 0}, 4, 1), indices(t, b, ops.Shape{3, 1})
	slots, guard := indices(t, b, ops.Shape{2}, 0, ops.Missing), indices(t, b, ops.Shape{1})
	step := indices(t, b, ops.Shape{ops.StepWords}, 10, 1)
	p, err := b.RecordGuarded("token", guard, func() {
		b.Router(dst, x, f32(t, b, "other", []float32{0, 1, 0, 0, 0, 0, 0, 0}, 4, 2), slots)
		b.Advance(step)
		b.Router(dst, x, w, slots)
		b.Advance(step)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	p.Run() // after the miss, this does nothing
	if words(guard)[0] != 2 || words(step)[0] != 11 {
		t.Errorf("guard %d, step %d; want a miss in the second router, after one step", words(guard)[0], words(step)[0])
	}
	words(guard)[0], words(slots)[1] = 0, 5
	p.RunFrom(2)
	if got := words(dst); words(guard)[0] != 0 || words(step)[0] != 12 || got[ops.ChoiceSlot] != 5 {
		t.Errorf("guard %d, step %d, choice %v; want the rest of the program", words(guard)[0], words(step)[0], got)
	}
}
