package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// routerLimit is for the error of one exp, which may be 3 ULP and more in WGSL. Experts and slots must be equal.
const routerLimit = 1e-11

func router() []Case {
	var all []Case
	for i, hidden := range []int{4, 60, 512, 1028} {
		for _, n := range moeTokenCounts {
			for _, r := range routings(n)[i%3:] {
				all = append(all, routerCase(fmt.Sprintf("hidden=%d %v", hidden, r), hidden, r, 0))
			}
		}
	}
	all = append(all,
		routerCase("all of them in order, not a multiple of four", 64, routing{7, 7, 5}, 3),
		routerCase("the maximum number of experts", 64, routing{256, 4, 2}, 256),
		routerCase("one expert", 64, routing{1, 1, 3}, 0),
		routerCase("a few slots", 64, routing{16, 2, 33}, 5),
		routerCase("a slot for each, in another order", 64, routing{16, 3, 1}, 16),
		routerTies())
	for _, r := range []routing{{16, 1, 1}, {128, 1, 1}, {16, 1, 512}} {
		big := routerCase(fmt.Sprintf("hidden=5120 %v", r), 5120, r, 0)
		big.Bytes = int64(4 * 5120 * r.numExperts * r.n)
		all = append(all, big)
	}
	return all
}

// moeTokenCounts are the values of n for the ops whose work depends on which tokens choose which experts.
var moeTokenCounts = []int{1, 2, 7, 33, 130}

// routerCase returns a case with a table of numSlots slots, or without a table if numSlots is 0.
func routerCase(name string, hidden int, r routing, numSlots int) Case {
	return Case{Op: "router", Name: name, Limit: routerLimit, Call: func(x *Operands) {
		w := x.alloc("w", quant.F32, hidden, r.numExperts)
		x.write(w, bitsOf(x.Normal(hidden*r.numExperts)))
		var slots *ops.Tensor
		if numSlots > 0 {
			slots = x.slots(r.numExperts, numSlots)
		}
		x.runRouter(r, x.Activations("x", hidden, r.n), w, slots)
	}}
}

// routerTies returns a case in which several experts have the same row, so that the lowest number must be chosen. It
// also has logits of ±200.
func routerTies() Case {
	return Case{Op: "router", Name: "a tie goes to the lowest", Limit: routerLimit, Call: func(x *Operands) {
		r := routing{20, 6, 3}
		values := make([]float32, 4*r.numExperts)
		for e := range r.numExperts {
			values[4*e] = []float32{1, 5, -200, 5, 200}[e%5]
		}
		w := x.alloc("w", quant.F32, 4, r.numExperts)
		x.write(w, bitsOf(values))
		x.runRouter(r, x.Input("x", 4, []float32{1, 0, 0, 0, -1, 0, 0, 0, 0, 1, 1, 1}), w, nil)
	}}
}

// runRouter runs the op and marks its output as choices.
func (x *Operands) runRouter(r routing, in, w, slots *ops.Tensor) {
	x.choices = x.Output(quant.U32, ops.ChoiceWords*r.k, r.n)
	x.Do(func(o ops.Ops) { o.Router(x.choices, in, w, slots) })
}
