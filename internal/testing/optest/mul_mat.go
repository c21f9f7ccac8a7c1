package optest

import "github.com/outrider-web/outrider/internal/ops"

// mulMat returns the edge cases with every number of tokens, and a model's products with one number of tokens.
func mulMat() []Case {
	var all []Case
	for i, n := range tokenCounts {
		for _, p := range edgeProducts(n, []int{2, 1, 5, 3}[i]) {
			all = append(all, p.mat())
		}
	}
	for _, p := range modelProducts(32)[:2] {
		all = append(all, p.mat())
	}
	return all
}

func (p product) mat() Case {
	return Case{Op: "mul_mat", Name: p.String(), Limit: productLimit, Bytes: p.bytes(), Call: func(x *Operands) {
		made := p.operands(x)
		x.Do(func(b ops.Ops) { b.MulMat(made) })
	}}
}
