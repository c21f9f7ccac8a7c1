package engine

import (
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/quant"
)

// Needs is what the model asks of a machine, as its header tells. Activations, some hundred megabytes at most, are not
// counted. The sizes of its files are for the caller to add.
func (p *Plan) Needs(o Options) preflight.Model {
	o = o.withContext()
	m := preflight.Model{}
	model.NewCache(p.Config(), o.Options, func(name string, t quant.Type, shape ...int) *ops.Tensor {
		made := &ops.Tensor{Name: name, Type: t, Shape: shape}
		m.CacheBytes += int64(made.Shape.Elems() * t.BlockBytes() / t.BlockWeights())
		return made
	})
	y := p.stacked(o)
	if y != nil {
		m.NumExperts, m.NumExpertsUsed, m.MoELayers = y.shape.NumExperts, y.shape.NumExpertsUsed, y.units()
	}
	for _, t := range p.residentTensors(y) {
		m.ResidentBytes += t.Size
		m.LargestTensor = max(m.LargestTensor, t.Size)
	}
	return m
}

// stacked is where all routed experts would lie on a device without limits; nil for a dense model.
func (p *Plan) stacked(o Options) *placement {
	routed := model.RoutedTensorsOf(p.family, p.header, o.Options)
	if routed.Layers == nil {
		return nil
	}
	y := &placement{shape: experts.Shape{NumExperts: routed.NumExperts, NumExpertsUsed: routed.NumExpertsUsed}}
	for _, layer := range routed.Layers {
		y.add(p.stacks(layer), routed.NumExperts)
	}
	return y
}

func (y *placement) units() []preflight.MoELayer {
	units := make([]preflight.MoELayer, len(y.stacks))
	for layer, stacks := range y.stacks {
		units[layer].ExpertBytes = y.shape.ExpertBytes[layer]
		for _, t := range stacks {
			units[layer].LargestMatrix = max(units[layer].LargestMatrix, t.Size/int64(y.shape.NumExperts))
		}
	}
	return units
}

// On is what a device's limits tell of a machine.
func MachineOf(l ops.Limits) preflight.Machine {
	return preflight.Machine{MaxBuffer: l.MaxBuffer, MaxBinding: l.MaxBinding, MaxSlotBuffer: maxStackBytes}
}

// Settle finds by trying how many of a mixture's experts b takes, and gives o with that many slots; without any when all
// experts fit. taken is what the model takes then, or was about to take when the device was lost, of which s has yet to be
// told. A dense model has nothing to choose, and what the caller has chosen himself stays: taken is 0.
// Errors: out_of_memory when not even the experts of one token fit; device_lost.
func (p *Plan) FindSlots(b ops.Backend, s *preflight.Search, o Options) (settled Options, taken int64, err error) {
	needs := p.Needs(o)
	if len(needs.MoELayers) == 0 || o.Slots > 0 || o.SlotsOf != nil {
		return o, 0, nil
	}
	shape, err := s.Find(needs, MachineOf(b.Limits()), func(shape experts.Shape) error {
		taken = needs.Bytes(shape.Slots)
		return p.try(b, o.with(shape))
	})
	switch {
	case err == nil:
	case errors.Is(err, errs.New(errs.DeviceLost, "")):
		return o, taken, err
	default:
		return o, 0, err
	}
	return o.with(shape), taken, nil
}

// with has the slots of a shape, or none where nothing is missing.
func (o Options) with(shape experts.Shape) Options {
	o.SlotsOf = nil
	for _, n := range shape.Slots {
		if n < shape.NumExperts {
			o.SlotsOf = shape.Slots
		}
	}
	return o
}

// try allocates weights, slots, keys and values, and gives them back.
func (p *Plan) try(b ops.Backend, o Options) error {
	y, err := p.placement(b.Limits(), o)
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
