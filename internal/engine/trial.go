package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader"
)

// trial is a backend while a model is allocated to find out whether it fits. It reports how far that is, and ends it
// with its context: allocating tens of gigabytes can take many seconds.
type trial struct {
	ops.Backend
	ctx    context.Context
	report func(loader.Progress)

	allocated, total int64 // bytes
}

// Alloc makes a tensor, unless the context has ended.
func (t *trial) Alloc(name string, typ quant.Type, shape ...int) (*ops.Tensor, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	made, err := t.Backend.Alloc(name, typ, shape...)
	if err == nil {
		t.allocated += int64(made.Shape.Elems() / typ.BlockWeights() * typ.BlockBytes())
		if t.report != nil {
			t.report(loader.Progress{Phase: loader.PhaseMemory, Done: t.allocated, Total: t.total})
		}
	}
	return made, err
}

// tryAlloc allocates weights, slots, keys and values, and frees them.
func (p *Plan) tryAlloc(b ops.Backend, o Options) error {
	y, err := p.place(b.Limits(), o)
	if err != nil {
		return err
	}
	a := &model.Arena{Backend: b}
	defer a.Free()
	for _, t := range p.residentTensors(y) {
		a.New(t.Name, t.Type, t.Dims...)
	}
	if y != nil {
		for layer, stacks := range y.stacks {
			for _, t := range stacks {
				a.New(t.Name, t.Type, t.Dims[0], t.Dims[1], y.shape.Slots[layer])
			}
		}
	}
	model.NewCache(p.Config(), o.withContext().Options, a.New)
	return a.Err()
}
