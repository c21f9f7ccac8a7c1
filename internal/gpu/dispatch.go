package gpu

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/shaders"
)

// dispatch is one kernel call as an op describes it.
type dispatch struct {
	op      string            // shaders/<op>.wgsl
	defines map[string]string // the variant; the pipeline cache key is op + sorted defines
	bind    []*ops.Tensor     // binding i of group 0; a binding's access is declared in the WGSL
	params  []uint32          // the Params uniform, the last binding; at most 32 words
	grid    [3]int            // workgroups
	router  bool              // its number in the program is one more word of Params
	guarded bool              // the guard is bound after the other tensors
}

// dispatch records one kernel call; the op method has checked the shapes. Outside Record it runs at once, and the
// next method that can report trouble reports its trouble.
func (b *Backend) dispatch(d dispatch) {
	if b.rec != nil {
		b.rec.add(d)
		return
	}
	p, err := b.program(d.op, []dispatch{d})
	if err == nil {
		err = p.Run()
		p.Release()
	}
	b.note(err)
}

// name is the variant: the op and its defines in order. It is the pipeline's key and its label.
func (d *dispatch) name() string {
	name := d.op
	for _, k := range slices.Sorted(maps.Keys(d.defines)) {
		name += " " + k + "=" + d.defines[k]
	}
	if d.guarded {
		name += " GUARD=1"
	}
	return name
}

// expand makes the variant's module. Every variant knows whether it is guarded; those that never are do not ask.
func (d *dispatch) expand() (shaders.Module, error) {
	defines := map[string]string{"GUARD": flag(d.guarded)}
	maps.Copy(defines, d.defines)
	m, err := shaders.Expand(d.op, defines)
	if err == nil && m.Guarded != d.guarded {
		err = errors.New("it has no guard, so that it cannot be part of a guarded program")
	}
	return m, err
}

// check refuses what WebGPU would refuse later and less clearly.
func (d *dispatch) check(access []shaders.Access) error {
	if last := len(access) - 1; len(d.bind) != last || access[last] != shaders.Uniform {
		return fmt.Errorf("%d tensors and Params are bound, the module declares %v", len(d.bind), access)
	}
	if last := len(access) - 1; last > maxStorage {
		return fmt.Errorf("%d tensors are bound, at most %d can be", last, maxStorage)
	}
	if len(d.params) > paramWords {
		return fmt.Errorf("%d words of Params, at most %d fit", len(d.params), paramWords)
	}
	for _, n := range d.grid {
		if n < 1 || n > maxGrid {
			return fmt.Errorf("a grid of %v workgroups, want 1 to %d each way", d.grid, maxGrid)
		}
	}
	return d.checkAliases(access)
}

// checkAliases: a kernel may not see one buffer through two bindings if it writes through either.
func (d *dispatch) checkAliases(access []shaders.Access) error {
	for i, written := range d.bind {
		for j, other := range d.bind {
			if i != j && access[i] == shaders.ReadWrite && bufferOf(written) == bufferOf(other) {
				return fmt.Errorf("binding %d writes %v, which is binding %d too", i, written, j)
			}
		}
	}
	return nil
}

// What every WebGPU device offers: workgroups in one dimension, storage buffers of a kernel.
const (
	maxGrid    = 65535
	maxStorage = 8
)

// foldAt is the longest row that fold makes; a test makes it shorter.
var foldAt = maxGrid

// fold spreads n workgroups over x and y; kernels compute y · num_workgroups.x + x and guard its end.
func fold(n int) [3]int {
	rows := ceilDiv(n, foldAt)
	if rows <= 1 {
		return [3]int{n, 1, 1}
	}
	return [3]int{(n + rows - 1) / rows, rows, 1}
}

// f32bits carries a float through the u32 words of Params; kernels bitcast it back.
func f32bits(x float32) uint32 { return math.Float32bits(x) }

// ceilDiv is a / b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp is the first multiple of unit from n on.
func roundUp[T int | int64](n, unit T) T { return (n + unit - 1) / unit * unit }
