package engine

import (
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/loader/gguf"
)

// maxSlotBuffer bounds the buffer that has the slots of one stack: browsers refuse to map larger ones, whatever limit
// they report.
const maxSlotBuffer = 896 << 20

// maxReadBytes bounds one range of an expert. It is a quarter of what the pager reads at once, so that four reads
// never wait for each other.
const maxReadBytes = 64e6

// placement says where the experts of a paged model are in its files, and how many slots each layer has for them. In
// the files, a layer's experts are three stacks: tensors whose last dimension counts experts.
type placement struct {
	shape experts.Shape

	// [layer with experts]: gate and up [hidden, width, numExperts], down [width, hidden, numExperts]
	stacks [][]gguf.Tensor
}

// place plans the slots; it returns nil when all experts fit or the model has none. Errors: limits_too_small when a
// buffer cannot hold the experts of one token.
func (p *Plan) place(l ops.Limits, o Options) (*placement, error) {
	routed := model.RoutedTensorsOf(p.family, p.header, o.Options)
	if routed.Layers == nil {
		return nil, nil
	}
	y := newPlacement(routed)
	limit := min(l.MaxBinding, l.MaxBuffer)
	allFit := true
	for i, layer := range routed.Layers {
		stacks := p.stacks(layer)
		widest := largest(stacks)
		allFit = allFit && widest.Size <= limit
		matrix := widest.Size / int64(routed.NumExperts)
		maxSlots := int(min(limit, maxSlotBuffer) / matrix)
		if maxSlots < routed.NumExpertsUsed {
			needed := matrix * int64(routed.NumExpertsUsed)
			return nil, ops.LimitError("largest tensor (maxStorageBufferBindingSize)", widest.Name, needed, limit)
		}
		y.add(stacks, min(o.slots(i, routed.NumExperts), maxSlots))
	}
	if allFit && o.Slots == 0 && o.SlotsOf == nil {
		return nil, nil
	}
	return y, nil
}

// placeAll returns the placement that has a slot for every expert, whatever the limits of a device; nil for a dense
// model.
func (p *Plan) placeAll(o Options) *placement {
	routed := model.RoutedTensorsOf(p.family, p.header, o.Options)
	if routed.Layers == nil {
		return nil
	}
	y := newPlacement(routed)
	for _, layer := range routed.Layers {
		y.add(p.stacks(layer), routed.NumExperts)
	}
	return y
}

// slots returns how many slots a layer is to have.
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

// newPlacement returns a placement without layers.
func newPlacement(routed model.RoutedTensors) *placement {
	return &placement{shape: experts.Shape{NumExperts: routed.NumExperts, NumExpertsUsed: routed.NumExpertsUsed}}
}

// add appends a layer.
func (y *placement) add(stacks []gguf.Tensor, slots int) {
	bytes := int64(0)
	for _, t := range stacks {
		bytes += t.Size / int64(y.shape.NumExperts)
	}
	y.stacks = append(y.stacks, stacks)
	y.shape.Slots = append(y.shape.Slots, slots)
	y.shape.ExpertBytes = append(y.shape.ExpertBytes, bytes)
}

// matrixBytes returns the size of one expert's matrix in a layer's stack.
func (y *placement) matrixBytes(layer, stack int) int64 {
	return y.stacks[layer][stack].Size / int64(y.shape.NumExperts)
}

// ranges returns the byte ranges of an expert in the files. Upload accepts each: they divide a matrix at multiples of
// two blocks.
func (y *placement) ranges(id experts.ID) (all []experts.Range) {
	for i, t := range y.stacks[id.Layer] {
		size := y.matrixBytes(id.Layer, i)
		unit := int64(2 * t.Type.BlockBytes())
		for at, step := int64(0), maxReadBytes/unit*unit; at < size; at += step {
			offset := t.Offset + int64(id.Expert)*size + at
			all = append(all, experts.Range{Matrix: i, At: at, Part: t.Part, Offset: offset, Bytes: min(step, size-at)})
		}
	}
	return all
}

// slotBytes returns the size of all slots on the GPU.
func (y *placement) slotBytes() (n int64) {
	for layer, bytes := range y.shape.ExpertBytes {
		n += bytes * int64(y.shape.Slots[layer])
	}
	return n
}

// sizes returns the sizes of an expert of each layer, for preflight.
func (y *placement) sizes() []preflight.MoELayer {
	layers := make([]preflight.MoELayer, len(y.stacks))
	for i, stacks := range y.stacks {
		layers[i].ExpertBytes = y.shape.ExpertBytes[i]
		layers[i].LargestMatrix = largest(stacks).Size / int64(y.shape.NumExperts)
	}
	return layers
}

// largest returns the largest of some stacks.
func largest(stacks []gguf.Tensor) *gguf.Tensor {
	largest := &stacks[0]
	for i := range stacks {
		if stacks[i].Size > largest.Size {
			largest = &stacks[i]
		}
	}
	return largest
}

// stacks returns the entries of a layer's stacks in the file.
func (p *Plan) stacks(layer []*ops.Tensor) (all []gguf.Tensor) {
	for _, t := range layer {
		stack, _ := p.file.Tensor(t.Name)
		all = append(all, stack)
	}
	return all
}

// residentTensors returns the tensors that are on the GPU from loading to closing: all but the stacks of y, which may
// be nil.
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

// ResidentTensors returns the tensors that must be stored before Open, after Fit has passed; nil means all. The others
// are downloaded when a token uses them, or by DownloadExperts.
func (p *Plan) ResidentTensors(l ops.Limits, o Options) []gguf.Tensor {
	y, err := p.place(l, o)
	if err != nil || y == nil {
		return nil
	}
	return p.residentTensors(y)
}
