package optest

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func groupTokens() []Case {
	var all []Case
	for _, n := range moeTokenCounts {
		for _, r := range routings(n) {
			all = append(all, groupTokensCase("at random", r, nil))
		}
	}
	long := groupTokensCase("at random", routing{16, 1, 4096}, nil)
	long.Bytes = 4 * 3 * 4096
	return append(all, long,
		groupTokensCase("at random", routing{128, 3, 4096}, nil),
		groupTokensCase("all choose the first", routing{16, 1, 130}, func(int, int) int { return 0 }),
		groupTokensCase("all choose the last", routing{16, 1, 130}, func(int, int) int { return 15 }),
		groupTokensCase("one expert", routing{1, 1, 65}, func(int, int) int { return 0 }),
		groupTokensCase("the maximum number of experts", routing{256, 2, 100}, nil))
}

// groupTokensCase returns a case with choices from a chooser, or random ones if it is nil.
func groupTokensCase(name string, r routing, of chooser) Case {
	return Case{Op: "group_tokens", Name: name + " " + r.String(), Call: func(x *Operands) {
		choice, dst := x.choice(r, x.chooserOrSpread(r, of), r.numExperts), x.Output(quant.U32, r.numExperts+1+r.n*r.k, 1)
		x.Do(func(o ops.Ops) { o.GroupTokens(dst, choice) })
	}}
}
