package optest

import "github.com/outrider-web/outrider/internal/ops"

func advance() []Case {
	return []Case{advanceCase("after a prompt", 0, 33), advanceCase("after a token", 512, 1)}
}

func advanceCase(name string, pos, count int) Case {
	return Case{
		Op: "advance", Name: name, Bytes: 16,
		Call: func(x *Operands) {
			step := x.InOut(x.Step(pos, count))
			x.Do(func(o ops.Ops) { o.Advance(step) })
		},
	}
}
