//go:build !js

package device

import (
	"context"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// Device is a WebGPU device. This half calls wgpu through cgo; the binding returns validation errors from each call.
// When memory runs out, wgpu ends the process instead of returning an error. Only tests and tools can live with that,
// and they alone use this half.
type Device struct {
	dev       *wgpu.Device
	instance  *wgpu.Instance
	adapter   *wgpu.Adapter
	queue     *wgpu.Queue
	buffers   handles[*wgpu.Buffer]
	layouts   handles[layout]
	pipelines handles[*wgpu.ComputePipeline]
	groups    handles[*wgpu.BindGroup]
	programs  handles[[]uint32]
	staging   stagingBuffers
}

// Open opens the default adapter with its own limits. Errors: ops.ErrNoAdapter.
func Open(context.Context) (*Device, error) {
	wgpu.SetLogLevel(wgpu.LogLevelOff) // calls return as errors what wgpu would log
	instance := wgpu.CreateInstance(nil)
	adapter, err := instance.RequestAdapter(nil)
	if err != nil {
		return nil, errs.Wrap(errs.NoAdapter, ops.ErrNoAdapter.Message, err)
	}
	limits := adapter.GetLimits().Limits
	limits.MaxPushConstantSize = 0 // the binding leaves it uninitialised
	dev, err := adapter.RequestDevice(&wgpu.DeviceDescriptor{RequiredLimits: &wgpu.RequiredLimits{Limits: limits}})
	if err != nil {
		return nil, errs.Wrap(errs.NoAdapter, ops.ErrNoAdapter.Message, err)
	}
	return &Device{dev: dev, instance: instance, adapter: adapter, queue: dev.GetQueue()}, nil
}

// Limits returns the adapter's limits, which the device was opened with.
func (d *Device) Limits() ops.Limits {
	l := d.dev.GetLimits().Limits
	return ops.Limits{MaxBuffer: int64(l.MaxBufferSize), MaxBinding: int64(l.MaxStorageBufferBindingSize)}
}

// Kind returns what the choice between kernels depends on. Mesa's CPU adapter has cheap barriers.
func (d *Device) Kind() Kind {
	return Kind{CPU: d.adapter.GetInfo().AdapterType == wgpu.AdapterTypeCPU}
}

// AdapterName returns the name of the adapter.
func (d *Device) AdapterName() string { return d.adapter.GetInfo().Name }

// Scoped runs f and returns its error when asked: calls return their errors at once.
func (d *Device) Scoped(label string, f func() error) (wait func() error) {
	err := f()
	return func() error {
		if err == nil {
			return nil
		}
		return Refused(label, err)
	}
}

// Err returns nil: every call returns its own error.
func (d *Device) Err() error { return nil }

// Close frees everything on the device.
func (d *Device) Close() {
	for _, buf := range d.buffers.items {
		if buf != nil {
			buf.Destroy()
		}
	}
	d.staging.close()
	for _, g := range d.groups.items {
		if g != nil {
			g.Release()
		}
	}
	for _, p := range d.pipelines.items {
		p.Release()
	}
	d.queue.Release()
	d.dev.Release()
	d.adapter.Release()
	d.instance.Release()
}
