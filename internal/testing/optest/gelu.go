package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
)

func gelu() []Case {
	var all []Case
	for _, width := range []int{1, 48, 255, 352} {
		for _, n := range tokenCounts {
			all = append(all, geluCase(width, n))
		}
	}
	big := geluCase(5632, 577)
	big.Bytes = 2 * 4 * 5632 * 577
	return append(all, big)
}

func geluCase(width, n int) Case {
	return Case{
		Op: "gelu", Name: fmt.Sprintf("width=%d,n=%d", width, n), Limit: 1e-12,
		Call: func(x *Operands) {
			in := x.Sum("x", width, n)
			x.Do(func(o ops.Ops) { o.Gelu(in) })
		},
	}
}
