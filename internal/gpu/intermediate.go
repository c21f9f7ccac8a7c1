package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// intermediate returns a tensor through which the dispatches of one op pass values. Calls with the same name and
// shape share it: the dispatches of a program run in order, so that one call is done with it before the next begins.
// It exists as long as the backend, since recorded programs refer to it. When the allocation fails, the error is
// deferred and intermediate returns nil; the op then dispatches nothing.
func (b *Backend) intermediate(name string, shape ...int) *ops.Tensor {
	key := fmt.Sprint(name, shape)
	if t, ok := b.intermediates[key]; ok {
		return t
	}
	t, err := b.Alloc(key, quant.F32, shape...)
	if err != nil {
		b.deferred = err
		return nil
	}
	if b.intermediates == nil {
		b.intermediates = map[string]*ops.Tensor{}
	}
	b.intermediates[key] = t
	return t
}
