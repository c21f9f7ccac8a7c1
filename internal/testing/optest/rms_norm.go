package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func rmsNorm() []Case {
	var all []Case
	for _, width := range []int{1, 64, 255, 576, 2049} {
		for _, n := range tokenCounts {
			all = append(all, rmsNormCase(width, n))
		}
	}
	big := rmsNormCase(5120, 1)
	big.Bytes = 3 * 4 * 5120
	return append(all, big)
}

func rmsNormCase(width, n int) Case {
	return Case{
		Op: "rms_norm", Name: fmt.Sprintf("width=%d,n=%d", width, n), Limit: 1e-12,
		Call: func(x *Operands) {
			in, w := x.Activations("x", width, n), x.Vector("w", width)
			dst := x.Output(quant.F32, width, n)
			x.Do(func(o ops.Ops) { o.RMSNorm(dst, in, w, 1e-5) })
		},
	}
}
