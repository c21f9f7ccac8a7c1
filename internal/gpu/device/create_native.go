//go:build !js

package device

import (
	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/shaders"
)

func (d *Device) createBuffer(name string, bytes int64, use Usage) (uint32, error) {
	buf, err := d.dev.CreateBuffer(&wgpu.BufferDescriptor{Label: name, Size: uint64(bytes), Usage: wgpu.BufferUsage(use)})
	if err != nil {
		return 0, err
	}
	return d.buffers.add(buf), nil
}

// DestroyBuffer frees a buffer's memory.
func (d *Device) DestroyBuffer(buf *Buffer) {
	d.buffers.items[buf.ID].Destroy()
	d.buffers.items[buf.ID].Release()
	d.buffers.remove(buf.ID)
}

// layout is that of a bind group 0, and of the pipelines that have this group alone.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

// CreateLayout creates the layout of bindings of these kinds.
func (d *Device) CreateLayout(access []shaders.Access) (uint32, error) {
	group, err := d.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: layoutEntries(access)})
	if err != nil {
		return 0, err
	}
	groups := []*wgpu.BindGroupLayout{group}
	pipeline, err := d.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: groups})
	if err != nil {
		return 0, err
	}
	return d.layouts.add(layout{group, pipeline}), nil
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

// CreatePipeline compiles a kernel before it returns.
func (d *Device) CreatePipeline(name string, layout uint32, wgsl string) (uint32, func() error, error) {
	pipeline, err := d.compile(name, layout, wgsl)
	if err != nil {
		return 0, nil, Refused("the kernel "+name, err)
	}
	return d.pipelines.add(pipeline), func() error { return nil }, nil
}

func (d *Device) compile(name string, layout uint32, wgsl string) (*wgpu.ComputePipeline, error) {
	module, err := d.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label: name, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: wgsl},
	})
	if err != nil {
		return nil, err
	}
	defer module.Release()
	return d.dev.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Layout:  d.layouts.items[layout].pipeline,
		Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: "main"},
	})
}

// CreateBindGroup binds buffers in order, the buffer of parameters last.
func (d *Device) CreateBindGroup(layout uint32, buffers []*Buffer) (uint32, error) {
	group, err := d.dev.CreateBindGroup(&wgpu.BindGroupDescriptor{
		Layout: d.layouts.items[layout].group, Entries: d.groupEntries(buffers),
	})
	if err != nil {
		return 0, err
	}
	return d.groups.add(group), nil
}

func (d *Device) groupEntries(buffers []*Buffer) []wgpu.BindGroupEntry {
	entries := make([]wgpu.BindGroupEntry, len(buffers))
	for i, buf := range buffers {
		entries[i] = wgpu.BindGroupEntry{Binding: uint32(i), Buffer: d.buffers.items[buf.ID], Size: uint64(buf.Bytes)}
	}
	entries[len(buffers)-1].Size = ParamBytes
	return entries
}

// ReleaseBindGroup drops a bind group.
func (d *Device) ReleaseBindGroup(id uint32) {
	d.groups.items[id].Release()
	d.groups.remove(id)
}
