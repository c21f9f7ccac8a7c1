package optest

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func swigluIDVec() []Case {
	var all []Case
	for _, f := range edgeFeedForwards(true) {
		all = append(all, f.firstHalf())
	}
	return all
}

func (f feedForward) firstHalf() Case {
	return Case{Op: "swiglu_id_vec", Name: f.String(), Limit: productLimit, Bytes: f.bytes(2), Call: func(x *Operands) {
		e, choice := f.experts(x, true), f.choice(x)
		in, dst := x.Activations("x", f.hidden, 1), x.Output(quant.F32, f.k*f.width+f.sharedWidth, 1)
		x.Do(func(o ops.Ops) { o.SwigluIDVec(dst, in, choice, e) })
	}}
}
