package optest

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// mulMat passes the odd products through every number of tokens, and a tile's worth of a model's.
func mulMat() []Case {
	var all []Case
	for i, n := range tokens {
		for _, p := range oddProducts(n, []int{2, 1, 5, 3}[i]) {
			all = append(all, p.mat())
		}
	}
	return append(all, product{types: []quant.Type{quant.Q4_1}, hidden: 576, rows: []int{576}, n: 100}.mat())
}

func (p product) mat() Case {
	return Case{Op: "mul_mat", Name: p.String(), Limit: productLimit, Bytes: p.bytes(), Call: func(x *Operands) {
		made := p.operands(x)
		x.Do(func(b ops.Ops) { b.MulMat(made) })
	}}
}
