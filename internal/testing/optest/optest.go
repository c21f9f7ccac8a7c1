// Package optest holds the cases that every backend must pass: each op on many shapes, compared with the CPU reference.
// Each op has a file. A case fills tensors with random numbers and calls the op; the results are compared by normalised
// mean squared error. The same cases run natively, as js/wasm under Node, and as benchmarks.
//
// Every activation is a row view of a larger tensor. An input has NaNs before and after it, so that a read outside the
// view changes the result. An output has sentinels before and after it, which must not be overwritten.
package optest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
)

// Case is one op on one set of shapes.
type Case struct {
	Op   string
	Name string // the shapes, "Q4_K,hidden=256,rows=32"
	// Limit is the largest normalised mean squared error; 0 means that all numbers must be equal, as U32 numbers always
	// must.
	Limit float64
	Call  func(x *Operands) // makes the operands, then calls x.Do
	Bytes int64             // read and written by one call, for benchmarks; 0 leaves the case out of them
}

// cases returns all cases.
func cases() []Case {
	var all []Case
	for _, of := range []func() []Case{
		getRows, rmsNorm, mulMatVec, mulMat, swigluVec, swiglu, ropeKV, attentionVec, attention, argmax, advance,
		attentionAll, layerNorm, gelu, setRows,
		router, swigluIDVec, mulMatIDVec, groupTokens, mulMatID, addExperts,
	} {
		all = append(all, of()...)
	}
	return all
}

// Run compares the results of a backend and of the CPU reference for every case, or only for those of some ops.
func Run(t *testing.T, open func() ops.Backend, only ...string) {
	b, r := open(), ops.Backend(ref.New())
	defer b.Close()
	for _, c := range cases() {
		if only != nil && !slices.Contains(only, c.Op) {
			continue
		}
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) { c.run(t, b, r) })
	}
}

func (c Case) run(t *testing.T, b, r ops.Backend) {
	got, want := c.outputs(t, b), c.outputs(t, r)
	for i := range want {
		compare(t, c.Limit, got[i], want[i])
	}
}

// outputs runs the case on one backend and returns its outputs.
func (c Case) outputs(t testing.TB, b ops.Backend) []result {
	x := &Operands{t: t, b: b, rand: seed(c)}
	defer x.free()
	c.Call(x)
	return x.results()
}

// seed returns a source of random numbers that depends only on the names of the op and the case.
func seed(c Case) *rand.Rand {
	var a, b uint64 = 1, 2
	for _, r := range c.Op + c.Name {
		a, b = a*31+uint64(r), b*37+uint64(r)
	}
	return rand.New(rand.NewPCG(a, b))
}

// tokenCounts are the values of n that every op with tokens is tested with.
var tokenCounts = []int{1, 2, 7, 33}

// result is an output as a backend left it.
type result struct {
	name   string
	typ    quant.Type
	values []float64
	border []byte // the rows before and after it
}

// sentinel fills the rows before and after an output: a float that no op computes, and an index that no model has.
const sentinel uint32 = 0xc7a51e55

// unwritten returns the value of elements of an output that the op did not write.
func unwritten(t quant.Type) float64 {
	if t == quant.F32 {
		return float64(math.Float32frombits(sentinel))
	}
	return float64(sentinel)
}

// compare fails the test if the results differ by more than limit, or if the backend wrote outside the output.
func compare(t *testing.T, limit float64, got, want result) {
	t.Helper()
	if want.typ == quant.U32 {
		limit = 0
	}
	for i := 0; i < len(got.border); i += 4 {
		if w := le.Uint32(got.border[i:]); w != sentinel {
			t.Fatalf("%s: word %d of the rows before and after it was overwritten: %#x", got.name, i/4, w)
		}
	}
	var square, diff, worst float64
	at := 0
	for i, w := range want.values {
		g := got.values[i]
		if math.IsNaN(g) || math.IsInf(g, 0) {
			t.Fatalf("%s[%d] is %v, want %v", got.name, i, g, w)
		}
		if w == unwritten(want.typ) && g == w {
			continue // its square would hide the errors of the others
		}
		square, diff = square+w*w, diff+(g-w)*(g-w)
		if e := math.Abs(g - w); e > worst {
			worst, at = e, i
		}
	}
	if diff > limit*square {
		t.Fatalf("%s: NMSE %.3g, want at most %.3g; worst at [%d]: %v, want %v",
			got.name, diff/square, limit, at, got.values[at], want.values[at])
	}
}

// Bench measures every case that has Bytes, recorded once and replayed b.N times.
func Bench(b *testing.B, open func() ops.Backend) {
	backend := open()
	defer backend.Close()
	for _, c := range cases() {
		if c.Bytes > 0 {
			b.Run(c.Op+"/"+c.Name, func(b *testing.B) { c.bench(b, backend) })
		}
	}
}

// bench runs the case's program b.N times.
func (c Case) bench(b *testing.B, backend ops.Backend) {
	x := &Operands{t: b, b: backend, rand: seed(c)}
	defer x.free()
	x.benchmark = func(p ops.Program) {
		x.wait()
		b.SetBytes(c.Bytes)
		b.ResetTimer()
		for range b.N {
			x.must(p.Run())
		}
		x.wait()
	}
	c.Call(x)
}

// wait waits until the device has finished.
func (x *Operands) wait() {
	_, err := ops.Read(context.Background(), x.b, x.outputs[0], 0, 4)
	x.must(err)
}
