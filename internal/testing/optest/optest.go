// Package optest holds the cases every backend must pass: each op on many shapes, against the CPU reference. One
// file an op; a case fills tensors with random numbers, calls the op, and the results are compared by normalised
// mean squared error. The same cases run natively, as js/wasm under Node, and as benchmarks.
//
// Every activation is a row view inside a larger tensor. Around an input lie NaNs, so that a read outside spoils the
// result; around an output lie sentinels, which must be there afterwards.
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
	Op    string
	Name  string            // the shapes, "Q4_K,hidden=256,rows=32"
	Limit float64           // on the normalised mean squared error; 0 asks for equal numbers, as U32 always does
	Call  func(x *Operands) // makes the operands, then calls x.Do
	Bytes int64             // read and written by one call, for benchmarks; 0 leaves the case out of them
}

// cases is the list; each op's file holds its own.
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

// Run passes every case, or those of some ops only, through a backend and through the reference.
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
	got, want := c.on(t, b), c.on(t, r)
	for i := range want {
		compare(t, c.Limit, got[i], want[i])
	}
}

// on runs the case on one backend and gives its outputs.
func (c Case) on(t testing.TB, b ops.Backend) []result {
	x := &Operands{t: t, b: b, rand: seed(c)}
	defer x.free()
	c.Call(x)
	return x.results()
}

// seed makes the random numbers a function of the case's name alone.
func seed(c Case) *rand.Rand {
	var a, b uint64 = 1, 2
	for _, r := range c.Op + c.Name {
		a, b = a*31+uint64(r), b*37+uint64(r)
	}
	return rand.New(rand.NewPCG(a, b))
}

// tokens are the values of n that every op with tokens is tried with.
var tokens = []int{1, 2, 7, 33}

// result is an output as a backend left it.
type result struct {
	name   string
	typ    quant.Type
	values []float64
	guards []byte // what lies around it
}

// sentinel fills the rows around an output: a float that no op makes, and an index no model has.
const sentinel uint32 = 0xc7a51e55

// untouched is a value of an output that no op wrote.
func untouched(t quant.Type) float64 {
	if t == quant.F32 {
		return float64(math.Float32frombits(sentinel))
	}
	return float64(sentinel)
}

func compare(t *testing.T, limit float64, got, want result) {
	t.Helper()
	if want.typ == quant.U32 {
		limit = 0
	}
	for i := 0; i < len(got.guards); i += 4 {
		if w := le.Uint32(got.guards[i:]); w != sentinel {
			t.Fatalf("%s: word %d of the rows around it was overwritten: %#x", got.name, i/4, w)
		}
	}
	var square, diff, worst float64
	at := 0
	for i, w := range want.values {
		g := got.values[i]
		if math.IsNaN(g) || math.IsInf(g, 0) {
			t.Fatalf("%s[%d] is %v, want %v", got.name, i, g, w)
		}
		if w == untouched(want.typ) && g == w {
			continue // it would outweigh the errors of the others
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

func (c Case) bench(b *testing.B, backend ops.Backend) {
	x := &Operands{t: b, b: backend, rand: seed(c)}
	defer x.free()
	x.repeat = func(p ops.Program) {
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

// wait returns when the device is done.
func (x *Operands) wait() {
	_, err := ops.Read(context.Background(), x.b, x.outputs[0], 0, 4)
	x.must(err)
}
