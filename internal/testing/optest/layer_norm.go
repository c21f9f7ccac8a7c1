package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func layerNorm() []Case {
	var all []Case
	for _, width := range []int{1, 32, 88, 255, 1408} {
		for _, n := range tokenCounts {
			all = append(all, layerNormCase(width, n, 0))
		}
	}
	big := layerNormCase(1408, 577, 0)
	big.Bytes = 2 * 4 * 1408 * 577
	// with a mean of 100 standard deviations, a variance computed from squares alone has a relative error of a
	// thousandth
	return append(all, layerNormCase(1408, 3, 100), big)
}

func layerNormCase(width, n int, mean float32) Case {
	limit := 1e-12
	if mean != 0 {
		limit = 1e-8
	}
	return Case{
		Op: "layer_norm", Name: fmt.Sprintf("width=%d,n=%d,mean=%v", width, n, mean), Limit: limit,
		Call: func(x *Operands) {
			values := x.Normal(width * n)
			for i := range values {
				values[i] += mean
			}
			in, w, b := x.Input("x", width, values), x.Activations("w", width, 1), x.Activations("b", width, 1)
			dst := x.Output(quant.F32, width, n)
			x.Do(func(o ops.Ops) { o.LayerNorm(dst, in, w, b, 1e-5) })
		},
	}
}
