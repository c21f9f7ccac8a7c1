package device

import (
	"context"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/shaders"
)

func (d *Device) createBuffer(name string, bytes int64, use Usage) (uint32, error) {
	id := d.buffers.add(struct{}{})
	d.host.Call("createBuffer", id, name, bytes, uint32(use))
	return id, nil
}

// DestroyBuffer frees a buffer's memory.
func (d *Device) DestroyBuffer(buf *Buffer) {
	d.host.Call("destroyBuffer", buf.ID)
	d.buffers.remove(buf.ID)
}

// bindingTypes are WebGPU's words, GPUBufferBindingType.
var bindingTypes = [...]string{
	shaders.Read: "read-only-storage", shaders.ReadWrite: "storage", shaders.Uniform: "uniform",
}

// CreateLayout creates the layout of bindings of these kinds.
func (d *Device) CreateLayout(access []shaders.Access) (uint32, error) {
	id := d.layouts.add(struct{}{})
	args := []any{id}
	for _, a := range access {
		args = append(args, bindingTypes[a])
	}
	d.host.Call("createLayout", args...)
	return id, nil
}

// CreatePipeline starts the compiler, which works while the program continues.
func (d *Device) CreatePipeline(name string, layout uint32, wgsl string) (uint32, func() error, error) {
	id := d.pipelines.add(struct{}{})
	created := jsbridge.Await(d.host.Call("createPipeline", id, name, layout, wgsl))
	return id, func() error {
		if _, err := created.Wait(context.Background()); err != nil {
			d.pipelines.remove(id)
			return hostError(err, "the kernel "+name)
		}
		return nil
	}, nil
}

// CreateBindGroup binds buffers in order, the buffer of parameters last. It is one crossing: a model of many layers
// has thousands of bind groups.
func (d *Device) CreateBindGroup(layout uint32, buffers []*Buffer) (uint32, error) {
	id := d.groups.add(struct{}{})
	args := make([]any, 0, 16)
	args = append(args, id, layout, ParamBytes)
	for _, buf := range buffers {
		args = append(args, buf.ID)
	}
	d.bindBuffers.Invoke(args...)
	return id, nil
}

// ReleaseBindGroup drops a bind group.
func (d *Device) ReleaseBindGroup(id uint32) {
	d.host.Call("releaseBindGroup", id)
	d.groups.remove(id)
}
