package optest

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// attentionAll returns the cases of a vision encoder: every token attends to an odd number of slots, in one block of
// keys and in several; and few tokens attend to many slots.
func attentionAll() []Case {
	var all []Case
	for _, h := range []heads{
		{2, 2, 16, quant.F32, 17, 0, 0, 17},
		{1, 1, 88, quant.F32, 577, 0, 0, 577},
		{4, 2, 24, quant.F16, 256, 0, 0, 33},
		{3, 3, 88, quant.F16, 300, 0, 0, 7},
	} {
		all = append(all, h.attentionAll())
	}
	big := heads{16, 16, 88, quant.F32, 577, 0, 0, 577}.attentionAll()
	big.Bytes = 4 * 4 * 16 * 88 * 577
	return append(all, big)
}

// attentionAll returns a case whose Step and Window have values that would change the result if they were read.
func (h heads) attentionAll() Case {
	return Case{Op: "attention", Name: "all " + h.String(), Limit: attentionLimit, Call: func(x *Operands) {
		a := ops.Attention{
			QKV: x.Activations("qkv", h.width(), h.n), K: h.randomCache(x), V: h.randomCache(x),
			Step: x.Step(3, 1), Window: 5, NumHeads: h.numHeads, All: true,
			Dst: x.Output(quant.F32, h.numHeads*h.headDim, h.n),
		}
		x.Do(func(b ops.Ops) { b.Attention(a) })
	}}
}
