// Package gpu runs the op set on WebGPU: natively through wgpu, in a browser through the worker's JavaScript host.
// It owns the device, the buffers behind tensors, pipelines, and the command list that a recorded program is. It
// knows shaders by name only, and nothing of models, files or tokens. It is the only importer of the binding, and
// only natively.
//
// Files ending in _js.go and _native.go hold the same type, device, for the two platforms; driver says what it does.
// Everything else is shared. An op is one file: check shapes, choose the variant, bind, parameters, grid.
package gpu

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// Options for New.
type Options struct {
	Limits ops.Limits // use no more than these; zero fields mean all that the adapter offers
}

// Backend is ops on one WebGPU device.
type Backend struct {
	dev       *device
	limits    ops.Limits
	buffers   map[*buffer]bool // all that live
	pipelines pipelines
	groups    groups
	params    arena
	raw       *ops.Tensor            // file bytes on their way to a repacked tensor; nil until one is uploaded
	scratches map[string]*ops.Tensor // by name and shape; see scratch
	traits    traits                 // of the device, for the choice of kernels
	rec       *recorder              // what Record is recording, else nil
	trouble   error                  // what an op called outside Record met; the next method that can report does
}

var _ ops.Backend = (*Backend)(nil)

// New opens the default adapter. Errors: ops.ErrNoWebGPU, ops.ErrNoAdapter.
func New(ctx context.Context, o Options) (*Backend, error) {
	dev, err := openDevice(ctx)
	if err != nil {
		return nil, err
	}
	b := &Backend{dev: dev, limits: within(dev.limits(), o.Limits), buffers: map[*buffer]bool{},
		traits: dev.traits()}
	b.pipelines.init()
	b.groups.init()
	return b, nil
}

// Limits says how large things may be on this device.
func (b *Backend) Limits() ops.Limits { return b.limits }

// Device names the adapter, as far as it tells; "" when it does not.
func (b *Backend) Device() string { return b.dev.name() }

// Close gives everything back. Programs and tensors of the backend are dead after it.
func (b *Backend) Close() {
	clear(b.buffers)
	b.dev.close()
}

// within narrows what a device has to what the caller wants to use.
func within(have, most ops.Limits) ops.Limits {
	return ops.Limits{
		MaxBuffer:  atMost(have.MaxBuffer, most.MaxBuffer),
		MaxBinding: atMost(have.MaxBinding, most.MaxBinding),
	}
}

// atMost is have, or most where that is given and smaller.
func atMost(have, most int64) int64 {
	if most > 0 {
		return min(have, most)
	}
	return have
}

// broken is an error that says which of our own calls the device refused.
func broken(label string, cause error) error {
	return errs.Wrap(errs.Internal, fmt.Sprintf("the GPU refused %s", label), cause)
}
