// Package gpu computes the op set on WebGPU. It owns the buffers behind tensors, compiles each kernel once, and records
// the ops of a forward pass as a program, a flat list of dispatches that package device replays in one call. It knows
// kernels by name and file only, and nothing of models, files or tokens.
//
// Each op is one file with the op's name. Its method checks the shapes, chooses the variant of the kernel, and lists
// the tensors to bind, the parameters and the number of workgroups, in this order.
//
// A call goes through these files: the op's own → dispatch.go → program.go → builder.go, which uses pipelines.go,
// bind_groups.go and param_buffer.go → device.
package gpu

import (
	"context"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
)

// Options are the options of New.
type Options struct {
	Limits ops.Limits // use no more than these; a zero field means all that the adapter offers
}

// Backend is ops.Backend on one WebGPU device.
type Backend struct {
	dev           *device.Device
	limits        ops.Limits
	kind          device.Kind             // decides between kernels
	buffers       map[*device.Buffer]bool // all that exist
	pipelines     pipelines
	bindGroups    bindGroups
	paramBuffers  []*paramBuffer
	uploads       *ops.Tensor            // file bytes before they are repacked; nil until a tensor needs it
	intermediates map[string]*ops.Tensor // by name and shape; see intermediate
	recorder      *recorder              // what Record is recording, else nil
	deferred      error                  // error of an op called outside Record; the next method that can return it does
}

var _ ops.Backend = (*Backend)(nil)

// New opens the default adapter. Errors: ops.ErrNoWebGPU, ops.ErrNoAdapter.
func New(ctx context.Context, o Options) (*Backend, error) {
	dev, err := device.Open(ctx)
	if err != nil {
		return nil, err
	}
	b := &Backend{dev: dev, limits: within(dev.Limits(), o.Limits), kind: dev.Kind(), buffers: map[*device.Buffer]bool{}}
	b.pipelines.init()
	b.bindGroups.init()
	return b, nil
}

// Limits returns how large buffers and bindings may be on this device.
func (b *Backend) Limits() ops.Limits { return b.limits }

// AdapterName returns what the adapter reveals of itself; "" when it reveals nothing.
func (b *Backend) AdapterName() string { return b.dev.AdapterName() }

// Close frees everything on the device. Programs and tensors of the backend must not be used after it.
func (b *Backend) Close() {
	clear(b.buffers)
	b.dev.Close()
}

// within returns the limits of a device, or those that the caller wants to use where they are smaller.
func within(have, want ops.Limits) ops.Limits {
	return ops.Limits{
		MaxBuffer:  atMost(have.MaxBuffer, want.MaxBuffer),
		MaxBinding: atMost(have.MaxBinding, want.MaxBinding),
	}
}

// atMost returns have, but no more than limit; a limit of 0 means none.
func atMost(have, limit int64) int64 {
	if limit > 0 {
		return min(have, limit)
	}
	return have
}

// deferError keeps the first error of ops that cannot return it.
func (b *Backend) deferError(err error) {
	if b.deferred == nil {
		b.deferred = err
	}
}

// takeDeferred returns, once, the error of an op called outside Record.
func (b *Backend) takeDeferred() error {
	err := b.deferred
	b.deferred = nil
	return err
}

// takeError returns a deferred error or one of the device. It asks the device, which takes too long for a call that is
// made for every token.
func (b *Backend) takeError() error {
	if err := b.takeDeferred(); err != nil {
		return err
	}
	return b.dev.Err()
}
