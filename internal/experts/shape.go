package experts

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Shape is how many experts a model has, and how many slots its layers have for them. Layers are those with experts.
type Shape struct {
	NumExperts     int     // experts of each layer
	NumExpertsUsed int     // experts that a token uses in each layer
	Slots          []int   // [layer]: number of slots
	ExpertBytes    []int64 // [layer]: size of one expert, for Stats.Bytes; nil: bytes are not counted
}

// EvenSlots returns a shape in which every layer has the same number of slots, at most one for each expert.
func EvenSlots(layers, numExperts, numExpertsUsed, slots int) Shape {
	s := Shape{NumExperts: numExperts, NumExpertsUsed: numExpertsUsed, Slots: make([]int, layers)}
	for i := range s.Slots {
		s.Slots[i] = min(slots, numExperts)
	}
	return s
}

// FitMemory returns the shape with as many slots as fit into available bytes. Slots are added to the layers in
// rotation, so that no layer has two more than another that could take one. expertBytes is the size of one expert of
// each layer.
// Errors: out_of_memory when the experts of one token do not fit.
func FitMemory(available int64, expertBytes []int64, numExperts, numExpertsUsed int) (Shape, error) {
	s := EvenSlots(len(expertBytes), numExperts, numExpertsUsed, 0)
	s.ExpertBytes = expertBytes
	for range numExperts {
		for layer, size := range expertBytes {
			if size <= available {
				s.Slots[layer]++
				available -= size
			}
		}
	}
	return s, s.check()
}

// check returns an out_of_memory error when a layer has too few slots for one token. It panics on a shape that no model
// can have, which is a bug of the caller.
func (s Shape) check() error {
	if s.NumExperts < 1 || s.NumExpertsUsed < 1 || s.NumExpertsUsed > s.NumExperts ||
		s.ExpertBytes != nil && len(s.ExpertBytes) != len(s.Slots) {
		panic(fmt.Sprintf("experts: impossible shape %+v", s))
	}
	for layer, slots := range s.Slots {
		if slots > s.NumExperts {
			panic(fmt.Sprintf("experts: layer %d has %d slots for %d experts", layer, slots, s.NumExperts))
		}
		if slots < s.NumExpertsUsed {
			return tooFewSlots(layer, slots, s.NumExpertsUsed)
		}
	}
	return nil
}

// tooFewSlots returns the error for a layer whose slots cannot hold the experts that are needed at the same time.
func tooFewSlots(layer, slots, needed int) error {
	return errs.New(errs.OutOfMemory, fmt.Sprintf("the GPU has slots for %d experts of layer %d, but %d are needed at "+
		"once; close other tabs, give Outrider more GPU memory, or use fewer experts a token", slots, layer, needed))
}
