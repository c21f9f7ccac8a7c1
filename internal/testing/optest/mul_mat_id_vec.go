package optest

import "github.com/outrider-web/outrider/internal/ops"

func mulMatIDVec() []Case {
	var all []Case
	for _, f := range edgeFeedForwards(false) {
		all = append(all, f.secondHalf())
	}
	return all
}

func (f feedForward) secondHalf() Case {
	return Case{Op: "mul_mat_id_vec", Name: f.String(), Limit: productLimit, Bytes: f.bytes(1), Call: func(x *Operands) {
		e, choice := f.experts(x, false), f.choice(x)
		h, dst := x.Activations("h", f.k*f.width+f.sharedWidth, 1), x.Sum("dst", f.hidden, 1)
		x.Do(func(o ops.Ops) { o.MulMatIDVec(dst, h, choice, e) })
	}}
}
