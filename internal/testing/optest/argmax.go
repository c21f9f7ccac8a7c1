package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func argmax() []Case {
	var all []Case
	for _, vocab := range []int{1, 2, 255, 257, 1025, 49152, 65537} {
		all = append(all, argmaxCase(fmt.Sprintf("vocab=%d", vocab), vocab, func([]float32) {}))
	}
	last := argmaxCase("the last", 1000, func(l []float32) { l[999] = 1e30 })
	tie := argmaxCase("a tie goes to the lowest", 1000, func(l []float32) { l[700], l[300], l[301] = 50, 50, 50 })
	far := argmaxCase("a tie of two parts", 128256, func(l []float32) { l[128255], l[2004], l[70000] = 50, 50, 50 })
	low := argmaxCase("all below zero", 1000, func(l []float32) {
		for i := range l {
			l[i] = -1e30
		}
		l[513] = -1e29
	})
	big := argmaxCase("vocab=202048", 202048, func([]float32) {})
	big.Bytes = 4 * 202048
	return append(all, last, tie, far, low, big)
}

func argmaxCase(name string, vocab int, change func([]float32)) Case {
	return Case{
		Op: "argmax", Name: name,
		Call: func(x *Operands) {
			values := x.Normal(vocab)
			change(values)
			logits := x.Input("logits", vocab, values)
			dst := x.Output(quant.U32, 1, 1)
			x.Do(func(o ops.Ops) { o.Argmax(dst, logits) })
		},
	}
}
