package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// scratch is memory that an op's dispatches hand to each other. Ops of the same name and shape share it: a program's
// dispatches run in order, so that each is done with it before the next begins. It lives as long as the backend,
// since recorded programs refer to it. Nil means that there is no room; the trouble is noted and the op gives up.
func (b *Backend) scratch(name string, shape ...int) *ops.Tensor {
	key := fmt.Sprint(name, shape)
	if t, ok := b.scratches[key]; ok {
		return t
	}
	t, err := b.Alloc(key, quant.F32, shape...)
	if err != nil {
		b.trouble = err
		return nil
	}
	if b.scratches == nil {
		b.scratches = map[string]*ops.Tensor{}
	}
	b.scratches[key] = t
	return t
}
