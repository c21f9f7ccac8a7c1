package gpu

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/shaders"
)

// pipelines holds the compiled variants of kernels. Each is compiled once.
type pipelines struct {
	byName  map[string]*pipeline
	layouts map[string]uint32 // numbers of layouts by their lists of accesses
}

// pipeline is a compiled variant.
type pipeline struct {
	id     uint32 // number of the pipeline on the device
	layout uint32 // number of the layout of its bind group 0
	access []shaders.Access
}

func (p *pipelines) init() {
	p.byName = map[string]*pipeline{}
	p.layouts = map[string]uint32{}
}

// pipeline finds or compiles the variant of a dispatch. The compiler may still be at work when it returns: wait, nil
// for a variant compiled before, blocks until it is done and returns its error.
func (b *Backend) pipeline(d *dispatch) (p *pipeline, wait func() error, err error) {
	name := d.name()
	if p, ok := b.pipelines.byName[name]; ok {
		return p, nil, nil
	}
	m, err := d.expand()
	if err != nil {
		return nil, nil, device.Refused("the kernel "+name, err)
	}
	return b.compile(name, m)
}

// compile creates the pipeline of a module. A variant that does not compile is forgotten once it has been waited for.
func (b *Backend) compile(name string, m shaders.Module) (*pipeline, func() error, error) {
	layout, err := b.layout(m.Access)
	if err != nil {
		return nil, nil, device.Refused("the kernel "+name, err)
	}
	id, done, err := b.dev.CreatePipeline(name, layout, m.Text)
	if err != nil {
		return nil, nil, err
	}
	p := &pipeline{id: id, layout: layout, access: m.Access}
	b.pipelines.byName[name] = p
	return p, func() error {
		err := done()
		if err != nil {
			delete(b.pipelines.byName, name)
		}
		return err
	}, nil
}

// layout finds or creates the layout for a list of accesses.
func (b *Backend) layout(access []shaders.Access) (uint32, error) {
	key := fmt.Sprint(access)
	if id, ok := b.pipelines.layouts[key]; ok {
		return id, nil
	}
	id, err := b.dev.CreateLayout(access)
	if err != nil {
		return 0, err
	}
	b.pipelines.layouts[key] = id
	return id, nil
}
