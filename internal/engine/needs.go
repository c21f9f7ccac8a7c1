package engine

import (
	"context"
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader"
)

// Needs returns what the model needs of a machine, as far as its header says. Activations, some hundred megabytes at
// most, are not counted. The caller must add the sizes of the files.
func (p *Plan) Needs(o Options) preflight.Model {
	o = o.withContext()
	m := preflight.Model{}
	model.NewCache(p.Config(), o.Options, func(name string, t quant.Type, shape ...int) *ops.Tensor {
		made := &ops.Tensor{Name: name, Type: t, Shape: shape}
		m.CacheBytes += int64(made.Shape.Elems() * t.BlockBytes() / t.BlockWeights())
		return made
	})
	y := p.placeAll(o)
	if y != nil {
		m.NumExperts, m.NumExpertsUsed, m.MoELayers = y.shape.NumExperts, y.shape.NumExpertsUsed, y.sizes()
	}
	for _, t := range p.residentTensors(y) {
		m.ResidentBytes += t.Size
		m.LargestTensor = max(m.LargestTensor, t.Size)
	}
	return m
}

// MachineOf returns what a device's limits say about a machine.
func MachineOf(l ops.Limits) preflight.Machine {
	return preflight.Machine{MaxBuffer: l.MaxBuffer, MaxBinding: l.MaxBinding, MaxSlotBuffer: maxSlotBuffer}
}

// FindSlots finds out by trial how many slots fit on b, and returns o with that many; when all experts fit, without
// any. taken is the size of the model with them. When the device was lost, it is the size that was being tried, for the
// caller to pass to s.RecordFailure. A dense model has no slots, and a number of slots that o has already is not
// changed: then nothing is tried, and taken is 0.
// report receives the progress of each trial, in the phase loader.PhaseMemory.
// Errors: out_of_memory when not even the experts of one token fit; device_lost; that of ctx.
func (p *Plan) FindSlots(ctx context.Context, b ops.Backend, s *preflight.Search, o Options,
	report func(loader.Progress)) (found Options, taken int64, err error) {
	needs := p.Needs(o)
	if len(needs.MoELayers) == 0 || o.Slots > 0 || o.SlotsOf != nil {
		return o, 0, nil
	}
	shape, err := s.Find(needs, MachineOf(b.Limits()), func(shape experts.Shape) error {
		taken = needs.Bytes(shape.Slots)
		return p.tryAlloc(&trial{b, ctx, report, 0, taken}, o.withSlots(shape))
	})
	switch {
	case err == nil:
	case errors.Is(err, errs.New(errs.DeviceLost, "")):
		return o, taken, err
	default:
		return o, 0, err
	}
	return o.withSlots(shape), taken, nil
}

// withSlots returns options with the slots of a shape, or without any when every expert has one.
func (o Options) withSlots(shape experts.Shape) Options {
	o.SlotsOf = nil
	for _, n := range shape.Slots {
		if n < shape.NumExperts {
			o.SlotsOf = shape.Slots
		}
	}
	return o
}
