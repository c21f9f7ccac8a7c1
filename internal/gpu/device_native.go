//go:build !js

package gpu

import (
	"context"
	"fmt"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/fault"
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
		return nil, fault.Wrap(fault.NoAdapter, ops.ErrNoAdapter.Message, err)
	}
	limits := adapter.GetLimits().Limits
	limits.MaxPushConstantSize = 0 // the binding leaves it uninitialised
	dev, err := adapter.RequestDevice(&wgpu.DeviceDescriptor{RequiredLimits: &wgpu.RequiredLimits{Limits: limits}})
	if err != nil {
		return nil, fault.Wrap(fault.NoAdapter, ops.ErrNoAdapter.Message, err)
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

func (d *device) addPipeline(p *wgpu.ComputePipeline, _ string) uint32 { return d.pipelines.add(p) }

func (d *device) addGroup(g *wgpu.BindGroup) uint32 { return d.groups.add(g) }

func (d *device) dropGroup(id uint32) {
	d.groups.items[id].Release()
	d.groups.drop(id)
}

func (d *device) addProgram(words []uint32) uint32 { return d.programs.add(words) }

func (d *device) dropProgram(id uint32) { d.programs.drop(id) }

// run queues a program as one pass and one submit.
func (d *device) run(program uint32) error {
	return d.submit(func(encoder *wgpu.CommandEncoder) error {
		pass := encoder.BeginComputePass(nil)
		defer pass.Release()
		if err := d.replay(pass, d.programs.items[program]); err != nil {
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

// write queues a copy of data, whole words at a whole word.
func (d *device) write(buf *buffer, at int64, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return d.queue.WriteBuffer(buf.Buffer, uint64(at), data)
}

// put queues bytes from..from+n of a blob into buf, the last word filled up with zeros.
func (d *device) put(buf *buffer, at int64, blob ops.Blob, from, n int64) error {
	b, ok := blob.(interface{ Bytes() []byte })
	if !ok {
		return fmt.Errorf("a %T has no bytes to upload", blob)
	}
	return d.write(buf, at, padded(b.Bytes()[from:from+n]))
}

// fault is trouble that came unasked; natively there is none, every call reports its own.
func (d *device) fault() error { return nil }

func (d *device) close() {
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

// stagingBuffers are the buffers read-backs pass through. A read-back takes one that is free and large enough, so a
// steady stream of them settles on a few.
type stagingBuffers struct {
	mu   sync.Mutex
	free []*wgpu.Buffer
}

func (s *stagingBuffers) take(d *device, bytes uint64) (*wgpu.Buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, buf := range s.free {
		if buf.GetSize() >= bytes {
			s.free = append(s.free[:i], s.free[i+1:]...)
			return buf, nil
		}
	}
	return d.CreateBuffer(&wgpu.BufferDescriptor{
		Label: "read-back", Size: max(bytes, 256), Usage: wgpu.BufferUsageMapRead | wgpu.BufferUsageCopyDst,
	})
}

func (s *stagingBuffers) give(buf *wgpu.Buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, buf)
}

func (s *stagingBuffers) release() {
	for _, buf := range s.free {
		buf.Release()
	}
	s.free = nil
}
