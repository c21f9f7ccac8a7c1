package preflight

import "github.com/outrider-web/outrider/internal/experts"

// Model is what a model needs of a machine.
type Model struct {
	ResidentBytes int64      // size of the weights that are always on the GPU
	CacheBytes    int64      // size of the keys and values of the context, and of activations
	LargestTensor int64      // size of the largest resident tensor
	MoELayers     []MoELayer // the layers with experts; none: nothing is paged

	NumExperts, NumExpertsUsed int // experts of a layer; experts that a token uses in a layer

	FileBytes, StoredBytes int64 // size of all files; of that, what is stored
}

// MoELayer is the sizes of one expert of a layer.
type MoELayer struct {
	ExpertBytes   int64
	LargestMatrix int64 // the largest of gate, up and down; the slots of a layer are one buffer for each matrix
}

// Bytes returns the size of the model on the GPU with the given number of slots in each layer with experts; nil: with
// all experts.
func (m Model) Bytes(slots []int) int64 {
	if slots == nil {
		return m.bytes(m.evenShape(m.NumExperts))
	}
	return m.bytes(experts.Shape{Slots: slots})
}

// bytes returns the size of the model on the GPU with the slots of a shape.
func (m Model) bytes(s experts.Shape) int64 {
	n := m.residentBytes()
	for layer, slots := range s.Slots {
		n += int64(slots) * m.MoELayers[layer].ExpertBytes
	}
	return n
}

// residentBytes returns the size of the model on the GPU without slots.
func (m Model) residentBytes() int64 { return m.ResidentBytes + m.CacheBytes }

// minShape returns the shape with slots for the experts of one token only.
func (m Model) minShape() experts.Shape { return m.evenShape(m.NumExpertsUsed) }

// maxShape returns the shape with slots for all experts, as far as the buffers of slots allow.
func (m Model) maxShape(on Machine) experts.Shape { return m.limited(m.evenShape(m.NumExperts), on) }

// shapeWithin returns the shape with as many slots as fit into usable bytes beside the rest of the model; minShape when
// that does not fit.
func (m Model) shapeWithin(usable int64, on Machine) experts.Shape {
	sizes := make([]int64, len(m.MoELayers))
	for i, l := range m.MoELayers {
		sizes[i] = l.ExpertBytes
	}
	s, err := experts.FitMemory(usable-m.residentBytes(), sizes, m.NumExperts, m.NumExpertsUsed)
	if err != nil {
		return m.minShape()
	}
	return m.limited(s, on)
}

// evenShape returns the shape with the same number of slots in every layer.
func (m Model) evenShape(slots int) experts.Shape {
	s := experts.EvenSlots(len(m.MoELayers), m.NumExperts, m.NumExpertsUsed, slots)
	for _, l := range m.MoELayers {
		s.ExpertBytes = append(s.ExpertBytes, l.ExpertBytes)
	}
	return s
}

// limited reduces the slots of a shape to what the buffers of the layers can hold. It keeps the experts of one token,
// even where they do not fit: judge reports that.
func (m Model) limited(s experts.Shape, on Machine) experts.Shape {
	for layer, l := range m.MoELayers {
		if l.LargestMatrix > 0 {
			s.Slots[layer] = max(m.NumExpertsUsed, min(s.Slots[layer], int(on.maxSlotBuffer()/l.LargestMatrix)))
		}
	}
	return s
}

// maxSlotBuffer returns the size of the largest buffer of slots.
func (on Machine) maxSlotBuffer() int64 {
	largest := min(on.MaxBuffer, on.MaxBinding)
	if on.MaxSlotBuffer > 0 {
		return min(on.MaxSlotBuffer, largest)
	}
	return largest
}
