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

// dispatch is one call of a kernel as an op describes it.
type dispatch struct {
	op      string            // shaders/<op>.wgsl
	defines map[string]string // the variant
	bind    []*ops.Tensor     // binding i of group 0; the WGSL declares the access of each binding
	params  []uint32          // the Params uniform, the last binding; at most paramWords
	grid    [3]int            // workgroups
	router  bool              // its number in the program is one more word of params
	guarded bool              // the guard is bound after the other tensors
}

// dispatch records one call of a kernel; the op's method has checked the shapes. Outside Record the call runs at once,
// and its error is deferred.
func (b *Backend) dispatch(d dispatch) {
	if b.recorder != nil {
		b.recorder.add(d)
		return
	}
	p, err := b.build(d.op, []dispatch{d})
	if err == nil {
		err = p.Run()
		p.Release()
	}
	b.deferError(err)
}

// name returns the name of the variant: the op and its defines in order. It is the key and the label of the pipeline.
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

// expand returns the module of the variant. GUARD is defined for every kernel; those that are never guarded do not use
// it.
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
	last := len(access) - 1
	if len(d.bind) != last || access[last] != shaders.Uniform {
		return fmt.Errorf("%d tensors and Params are bound, the module declares %v", len(d.bind), access)
	}
	if last > maxStorageBuffers {
		return fmt.Errorf("%d tensors are bound, at most %d can be", last, maxStorageBuffers)
	}
	if len(d.params) > paramWords {
		return fmt.Errorf("%d words of Params, at most %d fit", len(d.params), paramWords)
	}
	for _, n := range d.grid {
		if n < 1 || n > maxWorkgroups {
			return fmt.Errorf("a grid of %v workgroups, want 1 to %d in each dimension", d.grid, maxWorkgroups)
		}
	}
	return d.checkAliases(access)
}

// checkAliases refuses a buffer that is bound twice if the kernel writes through either binding.
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

// Limits that every WebGPU device has at least: workgroups in one dimension, storage buffers of a kernel.
const (
	maxWorkgroups     = 65535
	maxStorageBuffers = 8
)

// maxGridX is the largest x of grid2D; a test makes it smaller.
var maxGridX = maxWorkgroups

// grid2D spreads n workgroups over x and y. Kernels compute y · num_workgroups.x + x and return where that is n or
// more.
func grid2D(n int) [3]int {
	rows := ceilDiv(n, maxGridX)
	if rows <= 1 {
		return [3]int{n, 1, 1}
	}
	return [3]int{(n + rows - 1) / rows, rows, 1}
}

// words converts integers to words of Params.
func words(values ...int) []uint32 {
	out := make([]uint32, len(values))
	for i, v := range values {
		out[i] = uint32(v)
	}
	return out
}

// f32bits converts a float to a word of Params; kernels declare it f32.
func f32bits(x float32) uint32 { return math.Float32bits(x) }

// flag converts a condition to the value of a define.
func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// ceilDiv returns a / b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp returns the smallest multiple of unit that is not less than n.
func roundUp[T int | int64](n, unit T) T { return (n + unit - 1) / unit * unit }
