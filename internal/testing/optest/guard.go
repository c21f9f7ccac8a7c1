package optest

import (
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Guard runs cases of every op, the first one and those of more than one kernel, in a guarded program whose guard is
// set. The ops of decode, which the caller names, must leave all tensors as they are. Recording any other op must
// return an error that names the op and says why.
func Guard(t *testing.T, open func() ops.Backend, decode ...string) {
	b := open()
	defer b.Close()
	done := map[string]bool{}
	for _, c := range cases() {
		if done[c.Op] && !c.hasTwoKernels() {
			continue
		}
		done[c.Op] = true
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) { c.runGuarded(t, b, slices.Contains(decode, c.Op)) })
	}
}

// hasTwoKernels reports whether the op uses two kernels for this case, the second to combine the results of the first.
func (c Case) hasTwoKernels() bool {
	return c.Op == "attention_vec" && strings.Contains(c.Name, "slots=1024") || c.Op == "argmax" && c.Bytes > 0
}

// runGuarded runs the case in a guarded program whose guard is set.
func (c Case) runGuarded(t *testing.T, b ops.Backend, inDecode bool) {
	x := &Operands{t: t, b: b, rand: seed(c)}
	defer x.free()
	x.override = func(f func(ops.Ops)) {
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
				t.Errorf("%v was written", x.made[i])
			}
		}
	}
	c.Call(x)
}

// bytes returns the bytes of all tensors; nil for those of types with blocks.
func (x *Operands) bytes() [][]byte {
	all := make([][]byte, len(x.made))
	for i, m := range x.made {
		if m.Type.BlockWeights() == 1 {
			all[i] = x.read(m)
		}
	}
	return all
}
