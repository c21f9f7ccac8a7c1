package optest

import (
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Guard passes a case of every op, the first one and those of more than one kernel, through a guarded program whose guard
// is set. The ops named, those of decode, must leave everything as it was; recording any other must fail, name it and say why.
func Guard(t *testing.T, open func() ops.Backend, decode ...string) {
	b := open()
	defer b.Close()
	seen := map[string]bool{}
	for _, c := range cases() {
		if seen[c.Op] && !c.twoKernels() {
			continue
		}
		seen[c.Op] = true
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) { c.stopped(t, b, slices.Contains(decode, c.Op)) })
	}
}

// twoKernels says that an op does this case by one kernel and a second that puts together what it made.
func (c Case) twoKernels() bool {
	return c.Op == "attention_vec" && strings.Contains(c.Name, "slots=1024") || c.Op == "argmax" && c.Bytes > 0
}

func (c Case) stopped(t *testing.T, b ops.Backend, inDecode bool) {
	x := &Operands{t: t, b: b, rand: seed(c)}
	defer x.free()
	x.instead = func(f func(ops.Ops)) {
		guard := x.alloc("guard", quant.U32, 1)
		x.write(guard, []uint32{7})
		p, err := b.RecordGuarded("guarded", guard, func() { f(b) })
		if !inDecode {
			if err == nil || !strings.Contains(err.Error(), c.Op) || !strings.Contains(err.Error(), "has no guard") {
				t.Errorf("%v, want an error that names %s and says that it has no guard", err, c.Op)
			}
			return
		}
		x.must(err)
		defer p.Release()
		before := x.bytes()
		x.must(p.Run())
		for i, after := range x.bytes() {
			if !slices.Equal(after, before[i]) {
				t.Errorf("%v was written to", x.made[i])
			}
		}
	}
	c.Call(x)
}

// bytes are all tensors of plain types.
func (x *Operands) bytes() [][]byte {
	all := make([][]byte, len(x.made))
	for i, m := range x.made {
		if m.Type.BlockWeights() == 1 {
			all[i] = x.read(m)
		}
	}
	return all
}
