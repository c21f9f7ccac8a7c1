package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
)

func addExperts() []Case {
	var all []Case
	for _, hidden := range []int{4, 100, 5120} {
		for i, n := range tokenCounts {
			for k := 1; k <= 3; k++ {
				if hidden < 5120 || k == i {
					all = append(all, addExpertsCase(hidden, n, k))
				}
			}
		}
	}
	return all
}

func addExpertsCase(hidden, n, k int) Case {
	return Case{
		Op: "add_experts", Name: fmt.Sprintf("hidden=%d n=%d k=%d", hidden, n, k), Limit: 1e-13,
		Call: func(x *Operands) {
			y, dst := x.Activations("y", hidden, n*k), x.Sum("dst", hidden, n)
			x.Do(func(o ops.Ops) { o.AddExperts(dst, y) })
		},
	}
}
