package gpu

import (
	"context"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/shaders"
)

func (d *device) createBuffer(name string, bytes int64, use usage) (uint32, error) {
	id := d.buffers.add(struct{}{})
	d.host.Call("createBuffer", id, name, bytes, uint32(use))
	return id, nil
}

func (d *device) dropBuffer(id uint32) {
	d.host.Call("dropBuffer", id)
	d.buffers.drop(id)
}

// bindingTypes are WebGPU's words, GPUBufferBindingType.
var bindingTypes = [...]string{
	shaders.Read: "read-only-storage", shaders.ReadWrite: "storage", shaders.Uniform: "uniform",
}

func (d *device) createLayout(access []shaders.Access) (uint32, error) {
	id := d.layouts.add(struct{}{})
	args := []any{id}
	for _, a := range access {
		args = append(args, bindingTypes[a])
	}
	d.host.Call("createLayout", args...)
	return id, nil
}

// createPipeline lets the device compile beside what else is going on.
func (d *device) createPipeline(name string, layout uint32, wgsl string) (uint32, func() error, error) {
	id := d.pipelines.add(struct{}{})
	made := jsbridge.Await(d.host.Call("createPipeline", id, name, layout, wgsl))
	return id, func() error {
		if _, err := made.Wait(context.Background()); err != nil {
			d.pipelines.drop(id)
			return deviceError(err, "the kernel "+name)
		}
		return nil
	}, nil
}

// createGroup is one crossing: a model of many layers has thousands of groups.
func (d *device) createGroup(layout uint32, bind []*buffer) (uint32, error) {
	id := d.groups.add(struct{}{})
	args := make([]any, 0, 16)
	args = append(args, id, layout, 4*paramWords)
	for _, buf := range bind {
		args = append(args, buf.id)
	}
	d.makeGroup.Invoke(args...)
	return id, nil
}

func (d *device) dropGroup(id uint32) {
	d.host.Call("dropGroup", id)
	d.groups.drop(id)
}
