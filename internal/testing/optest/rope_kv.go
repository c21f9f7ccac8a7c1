package optest

import (
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// ropeOptions are the options of rope_kv.
type ropeOptions struct {
	pairs int     // rotated pairs of each head
	eps   float32 // of the query and key norm, 0 for none
	temp  float32 // scale of the attention temperature, 0 for none
}

// ropeKV returns cases of each head dimension: without a table, with fewer rotated pairs than the head has, and with
// slots that are overwritten; with the norm and the temperature, each alone and both together.
func ropeKV() []Case {
	var all []Case
	for i, h := range []heads{
		{9, 3, 64, quant.F16, 32, 0, 0, 1},
		{4, 4, 16, quant.F32, 32, 0, 17, 2},
		{5, 1, 24, quant.F16, 32, 0, 25, 7},
		{6, 2, 88, quant.F32, 40, 0, 3, 33},
		{10, 2, 128, quant.F16, 40, 40, 79, 33},
		{16, 2, 128, quant.F16, 40, 40, 120, 1},
		{2, 1, 256, quant.F32, 8, 0, 6, 7},
	} {
		pairs := h.headDim / 2
		if i%2 == 1 {
			pairs = h.headDim/4 - 1
		}
		for _, r := range []ropeOptions{
			{}, {pairs: pairs}, {pairs: pairs, eps: 1e-5}, {temp: 0.1}, {eps: 0.5}, {pairs, 0.5, 3},
		} {
			all = append(all, h.ropeKV(r))
		}
	}
	return all
}

// tempFloor is the number of positions between two steps of the temperature. The positions go up to 120.
const tempFloor = 4

// ropeKV returns a case whose caches must hold the rounded numbers of the reference, except for a few last bits.
func (h heads) ropeKV(options ropeOptions) Case {
	name := fmt.Sprintf("%v %+v", h, options)
	return Case{Op: "rope_kv", Name: name, Limit: 1e-7, Call: func(x *Operands) {
		r := ops.RopeKV{
			QKV: x.Sum("qkv", h.width(), h.n), Step: x.Step(h.pos, h.n), NumHeads: h.numHeads,
			K: x.InOut(h.randomCache(x)), V: x.InOut(h.randomCache(x)),
			QKNorm: options.eps, TempScale: options.temp, TempFloor: tempFloor,
		}
		if options.pairs > 0 {
			r.Table = x.angles(options.pairs, h.pos+h.n)
		}
		x.Do(func(b ops.Ops) { b.RopeKV(r) })
	}}
}

// angles returns a table of cos and sin [2·pairs, positions].
func (x *Operands) angles(pairs, positions int) *ops.Tensor {
	values := make([]float32, 0, 2*pairs*positions)
	for pos := range positions {
		for k := range pairs {
			angle := float64(pos) * math.Pow(10000, -float64(k)/float64(pairs))
			values = append(values, float32(math.Cos(angle)), float32(math.Sin(angle)))
		}
	}
	t := x.alloc("table", quant.F32, 2*pairs, positions)
	x.write(t, bitsOf(values))
	return t
}
