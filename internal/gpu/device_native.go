//go:build !js

package gpu

import (
	"context"
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// device is the native half: wgpu through cgo. The binding reports validation errors at each call. Running out of
// memory it does not report but ends the process, which only tests and tools can live with; so be it, they are
// what the native half is for.
type device struct {
	*wgpu.Device
	instance  *wgpu.Instance
	adapter   *wgpu.Adapter
	queue     *wgpu.Queue
	buffers   table[*wgpu.Buffer]
	layouts   table[layout]
	pipelines table[*wgpu.ComputePipeline]
	groups    table[*wgpu.BindGroup]
	programs  table[[]uint32]
	staging   stagingBuffers
}

// openDevice opens the default adapter with its own limits.
func openDevice(context.Context) (*device, error) {
	wgpu.SetLogLevel(wgpu.LogLevelOff) // what it would log comes back as errors
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
	return &device{Device: dev, instance: instance, adapter: adapter, queue: dev.GetQueue()}, nil
}

func (d *device) limits() ops.Limits {
	l := d.GetLimits().Limits
	return ops.Limits{MaxBuffer: int64(l.MaxBufferSize), MaxBinding: int64(l.MaxStorageBufferBindingSize)}
}

// traits says what kind of device it is. Mesa's CPU adapter has cheap barriers.
func (d *device) traits() traits {
	return traits{cpu: d.adapter.GetInfo().AdapterType == wgpu.AdapterTypeCPU}
}

func (d *device) name() string { return d.adapter.GetInfo().Name }

// scoped runs f, whose errors come back at once, and reports them when asked.
func (d *device) scoped(label string, f func() error) (wait func() error) {
	err := f()
	return func() error {
		if err == nil {
			return nil
		}
		return broken(label, err)
	}
}

func (d *device) addProgram(words []uint32) uint32 { return d.programs.add(words) }

func (d *device) dropProgram(id uint32) { d.programs.drop(id) }

func (d *device) run(program uint32, from int) error {
	return d.submit(func(encoder *wgpu.CommandEncoder) error {
		pass := encoder.BeginComputePass(nil)
		defer pass.Release()
		if err := d.replay(pass, d.programs.items[program][from:]); err != nil {
			return err
		}
		return pass.End()
	})
}

// replay plays the words of a program; the twin of replay in gpu-host.ts.
func (d *device) replay(pass *wgpu.ComputePassEncoder, words []uint32) error {
	for ; len(words) > 0; words = words[dispatchWords:] {
		if words[0] != opDispatch {
			return fmt.Errorf("no command %d", words[0])
		}
		pass.SetPipeline(d.pipelines.items[words[1]])
		pass.SetBindGroup(0, d.groups.items[words[2]], words[3:4])
		pass.DispatchWorkgroups(words[4], words[5], words[6])
	}
	return nil
}

// submit encodes commands and queues them.
func (d *device) submit(encode func(*wgpu.CommandEncoder) error) error {
	encoder, err := d.CreateCommandEncoder(nil)
	if err != nil {
		return broken("a command encoder", err)
	}
	defer encoder.Release()
	if err := encode(encoder); err != nil {
		return broken("a program", err)
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return broken("a program", err)
	}
	defer commands.Release()
	d.queue.Submit(commands)
	return nil
}

func (d *device) write(buf *buffer, at int64, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return d.queue.WriteBuffer(d.buffers.items[buf.id], uint64(at), data)
}

func (d *device) put(buf *buffer, at int64, blob ops.Blob, from, n int64) error {
	b, ok := blob.(interface{ Bytes() []byte })
	if !ok {
		return fmt.Errorf("a %T has no bytes to upload", blob)
	}
	return d.write(buf, at, padded(b.Bytes()[from:from+n]))
}

// fault has nothing to tell: every call reports its own.
func (d *device) fault() error { return nil }

func (d *device) close() {
	for _, buf := range d.buffers.items {
		if buf != nil {
			buf.Destroy()
		}
	}
	d.staging.release()
	for _, g := range d.groups.items {
		if g != nil {
			g.Release()
		}
	}
	for _, p := range d.pipelines.items {
		p.Release()
	}
	d.queue.Release()
	d.Release()
	d.adapter.Release()
	d.instance.Release()
}
