package gpu

import (
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/shaders"
)

// pipelines compiles each variant once.
type pipelines struct {
	byName  map[string]*pipeline
	layouts map[string]*layout // by access, one letter a binding
}

// pipeline is a compiled variant.
type pipeline struct {
	id     uint32 // in the device's table
	access []shaders.Access
	layout *layout
}

// layout is the shape of bind group 0, shared by all pipelines whose bindings have the same access.
type layout struct {
	id       uint32
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

func (p *pipelines) init() {
	p.byName = map[string]*pipeline{}
	p.layouts = map[string]*layout{}
}

// pipeline finds or compiles the variant of a dispatch. The compiler may still be at work when it returns: wait, nil for
// one compiled before, blocks until it is done and gives its error.
func (b *Backend) pipeline(d *dispatch) (p *pipeline, wait func() error, err error) {
	name := d.name()
	if p, ok := b.pipelines.byName[name]; ok {
		return p, nil, nil
	}
	m, err := shaders.Expand(d.op, d.defines)
	if err != nil {
		return nil, nil, broken("the kernel "+name, err)
	}
	return b.compile(name, m)
}

// compile makes a pipeline of a module. A variant that does not compile is forgotten once waited for.
func (b *Backend) compile(name string, m shaders.Module) (*pipeline, func() error, error) {
	p := &pipeline{access: m.Access}
	done := b.dev.scoped("the kernel "+name, func() error {
		return b.create(p, name, m)
	})
	if p.layout == nil {
		return nil, nil, done()
	}
	b.pipelines.byName[name] = p
	return p, func() error {
		err := done()
		if err != nil {
			delete(b.pipelines.byName, name)
		}
		return err
	}, nil
}

func (b *Backend) create(p *pipeline, name string, m shaders.Module) error {
	l, err := b.layout(m.Access)
	if err != nil {
		return err
	}
	module, err := b.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label: name, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: m.Text},
	})
	if err != nil {
		return err
	}
	defer module.Release()
	made, err := b.dev.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Layout: l.pipeline, Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: "main"},
	})
	if err != nil {
		return err
	}
	p.id, p.layout = b.dev.addPipeline(made, name), l
	return nil
}

// layout finds or makes the layout for a list of accesses.
func (b *Backend) layout(access []shaders.Access) (*layout, error) {
	key := fmt.Sprint(access)
	if l, ok := b.pipelines.layouts[key]; ok {
		return l, nil
	}
	group, err := b.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: layoutEntries(access)})
	if err != nil {
		return nil, err
	}
	of, err := b.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{group}})
	if err != nil {
		return nil, err
	}
	l := &layout{id: uint32(len(b.pipelines.layouts)), group: group, pipeline: of}
	b.pipelines.layouts[key] = l
	return l, nil
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
