package engine

import (
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Paging says how many of a model's routed experts lie on the GPU, and how the others come there. It changes speed alone.
type Paging struct {
	Slots    int    // experts of each layer on the GPU; 0: all of them, unless the GPU's limits forbid it
	SlotsOf  []int  // the same for each layer with experts by itself; nil: as Slots says
	Policy   string // who leaves, as experts.NewPolicy names it; "": the default
	Prefetch bool   // read what is likely to be wanted next, beside what is wanted
	OnDemand bool   // Fill does nothing: an expert that no token wants is not downloaded

	// Waiting hears why an expert cannot come while the network is away, and nil when it goes on. May be nil.
	Waiting func(why error)

	// Chosen hears which experts each token of an answer used, layer by layer, best first: a trace. May be nil.
	Trace func(experts [][]int)
}

// maxStackBytes bounds one buffer of slots: browsers refuse to map larger ones, whatever limit they tell.
const maxStackBytes = 896 << 20

// layout is where the experts of a paged model lie, in the files and on the GPU.
type placement struct {
	shape  experts.Shape
	stacks [][]gguf.Tensor // of each layer with experts: gate, up, down
}

// layout plans the slots; nil when all experts are to lie on the GPU. Errors: limits_too_small when there is no room for
// the experts of one token.
func (p *Plan) placement(l ops.Limits, o Options) (*placement, error) {
	routed := model.RoutedTensorsOf(p.family, p.header, o.Options)
	if routed.Layers == nil {
		return nil, nil
	}
	y := &placement{shape: experts.Shape{NumExperts: routed.NumExperts, NumExpertsUsed: routed.NumExpertsUsed}}
	limit := min(l.MaxBinding, l.MaxBuffer)
	fits := true
	for i, layer := range routed.Layers {
		stacks := p.stacks(layer)
		widest := largest(stacks)
		fits = fits && widest.Size <= limit
		matrix := widest.Size / int64(routed.NumExperts)
		most := int(min(limit, maxStackBytes) / matrix)
		if most < routed.NumExpertsUsed {
			return nil, ops.LimitError("largest tensor (maxStorageBufferBindingSize)", widest.Name, matrix*int64(routed.NumExpertsUsed), limit)
		}
		y.add(stacks, min(o.slots(i, routed.NumExperts), most))
	}
	if fits && o.Slots == 0 && o.SlotsOf == nil {
		return nil, nil
	}
	return y, nil
}

// slots is how many of its experts a layer is to keep.
func (o Options) slots(layer, numExperts int) int {
	n := o.Slots
	if o.SlotsOf != nil {
		n = o.SlotsOf[layer]
	}
	if n == 0 {
		return numExperts
	}
	return min(n, numExperts)
}

func (y *placement) add(stacks []gguf.Tensor, slots int) {
	bytes := int64(0)
	for _, t := range stacks {
		bytes += t.Size / int64(y.shape.NumExperts)
	}
	y.stacks = append(y.stacks, stacks)
	y.shape.Slots = append(y.shape.Slots, slots)
	y.shape.ExpertBytes = append(y.shape.ExpertBytes, bytes)
}

// largest is the first of the largest.
func largest(stacks []gguf.Tensor) *gguf.Tensor {
	largest := &stacks[0]
	for i := range stacks {
		if stacks[i].Size > largest.Size {
			largest = &stacks[i]
		}
	}
	return largest
}

// stacks are a layer's as they lie in the file.
func (p *Plan) stacks(layer []*ops.Tensor) (all []gguf.Tensor) {
	for _, t := range layer {
		stack, _ := p.file.Tensor(t.Name)
		all = append(all, stack)
	}
	return all
}

// residents are the tensors that are on the GPU from the beginning: all but the stacks of y, which may be nil.
func (p *Plan) residentTensors(y *placement) (residents []gguf.Tensor) {
	if y == nil {
		return p.file.Tensors
	}
	paged := map[string]bool{}
	for _, stacks := range y.stacks {
		for i := range stacks {
			paged[stacks[i].Name] = true
		}
	}
	for _, t := range p.file.Tensors {
		if !paged[t.Name] {
			residents = append(residents, t)
		}
	}
	return residents
}

// ResidentTensors are the tensors that must be in the store before Open, after Fit has passed; nil stands for all. The others
// may come when they are wanted.
func (p *Plan) ResidentTensors(l ops.Limits, o Options) []gguf.Tensor {
	y, err := p.placement(l, o)
	if err != nil || y == nil {
		return nil
	}
	return p.residentTensors(y)
}
