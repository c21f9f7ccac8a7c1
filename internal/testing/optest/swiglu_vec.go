package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// swigluVec returns cases of every type with itself and with the next one in the list, and some of a model's size.
func swigluVec() []Case {
	var all []Case
	for i, t := range weightTypes {
		next := weightTypes[(i+1)%len(weightTypes)]
		all = append(all, swigluVecCase(t, t, 256, 20), swigluVecCase(t, next, 512, 100))
	}
	return append(all,
		swigluVecCase(quant.F16, quant.F32, 588, 36),
		swigluVecCase(quant.Q4_1, quant.Q4_1, 576, 1536),
		swigluVecCase(quant.Q4_K, quant.Q4_K, 1280, 2048)) // the bytes of a Scout-like swiglu_id_vec
}

func swigluVecCase(gate, up quant.Type, hidden, width int) Case {
	return Case{
		Op:    "swiglu_vec",
		Name:  fmt.Sprintf("%v and %v hidden=%d width=%d", gate, up, hidden, width),
		Limit: productLimit,
		Bytes: int64(width * (gate.RowBytes(hidden) + up.RowBytes(hidden))),
		Call: func(x *Operands) {
			g, u := x.Weight(gate, hidden, width), x.Weight(up, hidden, width)
			in, dst := x.Activations("x", hidden, 1), x.Output(quant.F32, width, 1)
			x.Do(func(b ops.Ops) { b.SwigluVec(dst, in, g, u) })
		},
	}
}
