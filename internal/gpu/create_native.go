//go:build !js

package gpu

import (
	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/shaders"
)

func (d *device) createBuffer(name string, bytes int64, use usage) (uint32, error) {
	buf, err := d.CreateBuffer(&wgpu.BufferDescriptor{Label: name, Size: uint64(bytes), Usage: wgpu.BufferUsage(use)})
	if err != nil {
		return 0, err
	}
	return d.buffers.add(buf), nil
}

func (d *device) dropBuffer(id uint32) {
	d.buffers.items[id].Destroy()
	d.buffers.items[id].Release()
	d.buffers.drop(id)
}

// layout is that of bind group 0, and of the pipelines that have it alone.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

func (d *device) createLayout(access []shaders.Access) (uint32, error) {
	group, err := d.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: layoutEntries(access)})
	if err != nil {
		return 0, err
	}
	of, err := d.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{group}})
	if err != nil {
		return 0, err
	}
	return d.layouts.add(layout{group, of}), nil
}

func layoutEntries(access []shaders.Access) []wgpu.BindGroupLayoutEntry {
	kinds := map[shaders.Access]wgpu.BufferBindingLayout{
		shaders.Read:      {Type: wgpu.BufferBindingTypeReadOnlyStorage},
		shaders.ReadWrite: {Type: wgpu.BufferBindingTypeStorage},
		shaders.Uniform:   {Type: wgpu.BufferBindingTypeUniform, HasDynamicOffset: true},
	}
	entries := make([]wgpu.BindGroupLayoutEntry, len(access))
	for i, a := range access {
		entries[i] = wgpu.BindGroupLayoutEntry{Binding: uint32(i), Visibility: wgpu.ShaderStageCompute, Buffer: kinds[a]}
	}
	return entries
}

// createPipeline compiles at once.
func (d *device) createPipeline(name string, layout uint32, wgsl string) (uint32, func() error, error) {
	made, err := d.compile(name, layout, wgsl)
	if err != nil {
		return 0, nil, broken("the kernel "+name, err)
	}
	return d.pipelines.add(made), func() error { return nil }, nil
}

func (d *device) compile(name string, layout uint32, wgsl string) (*wgpu.ComputePipeline, error) {
	module, err := d.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label: name, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: wgsl},
	})
	if err != nil {
		return nil, err
	}
	defer module.Release()
	return d.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Layout:  d.layouts.items[layout].pipeline,
		Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: "main"},
	})
}

func (d *device) createGroup(layout uint32, bind []*buffer) (uint32, error) {
	made, err := d.CreateBindGroup(&wgpu.BindGroupDescriptor{
		Layout: d.layouts.items[layout].group, Entries: d.groupEntries(bind),
	})
	if err != nil {
		return 0, err
	}
	return d.groups.add(made), nil
}

func (d *device) groupEntries(bind []*buffer) []wgpu.BindGroupEntry {
	entries := make([]wgpu.BindGroupEntry, len(bind))
	for i, buf := range bind {
		entries[i] = wgpu.BindGroupEntry{Binding: uint32(i), Buffer: d.buffers.items[buf.id], Size: uint64(buf.bytes)}
	}
	entries[len(bind)-1].Size = 4 * paramWords
	return entries
}

func (d *device) dropGroup(id uint32) {
	d.groups.items[id].Release()
	d.groups.drop(id)
}
