package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func swiglu() []Case {
	var all []Case
	for _, width := range []int{4, 100, 1536} {
		for _, n := range tokenCounts {
			all = append(all, swigluCase(width, n, 1))
		}
	}
	big := swigluCase(8192, 33, 1)
	big.Bytes = 3 * 4 * 8192 * 33
	return append(all, swigluCase(64, 2, 60), big)
}

// swigluCase returns a case with scaled inputs: at ±60 and beyond, silu(x) is x or 0.
func swigluCase(width, n int, scale float32) Case {
	return Case{
		Op: "swiglu", Name: fmt.Sprintf("width=%d,n=%d,scale=%v", width, n, scale), Limit: 1e-11,
		Call: func(x *Operands) {
			values := x.Normal(2 * width * n)
			for i := range values {
				values[i] *= scale
			}
			gu := x.Input("gu", 2*width, values)
			dst := x.Output(quant.F32, width, n)
			x.Do(func(o ops.Ops) { o.Swiglu(dst, gu) })
		},
	}
}
