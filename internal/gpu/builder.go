package gpu

import (
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
)

// build compiles the kernels of dispatches, binds their tensors and writes their parameters.
func (b *Backend) build(label string, dispatches []dispatch) (ops.Program, error) {
	w := builder{b: b}
	wait := b.dev.Scoped("the program "+label, func() error { return w.addAll(dispatches) })
	err := wait()
	for _, compiled := range w.compiling {
		if e := compiled(); e != nil && w.kernelErr == nil {
			w.kernelErr = e
		}
	}
	if w.kernelErr != nil {
		err = w.kernelErr
	}
	if err != nil {
		w.abandon()
		return nil, err
	}
	return &program{b: b, id: b.dev.AddProgram(w.words), params: w.params, entries: w.entries, routers: w.routers}, nil
}

// builder writes the words and the parameters of a program.
type builder struct {
	b         *Backend
	params    *paramBuffer
	entries   entryRange // of params, one for each dispatch
	values    []byte     // what entries will hold
	words     []uint32
	routers   []int          // the word at which each router's dispatch begins
	compiling []func() error // wait for kernels that are still being compiled
	kernelErr error          // explains more than the errors that follow from it
}

func (w *builder) addAll(dispatches []dispatch) (err error) {
	if w.params, w.entries, err = w.b.acquireEntries(max(len(dispatches), 1)); err != nil {
		return err
	}
	w.words = make([]uint32, 0, device.DispatchWords*len(dispatches))
	w.values = make([]byte, entryBytes*len(dispatches))
	for i := range dispatches {
		if err := w.add(i, &dispatches[i]); err != nil {
			return err
		}
	}
	return w.b.dev.Write(w.params.Buffer, int64(w.entries.first*entryBytes), w.values)
}

func (w *builder) add(i int, d *dispatch) error {
	p, wait, err := w.b.pipeline(d)
	if err != nil {
		w.kernelErr = err
		return err
	}
	if wait != nil {
		w.compiling = append(w.compiling, wait)
	}
	if err := d.check(p.access); err != nil {
		return device.Refused("a call of "+d.name(), err)
	}
	group, err := w.b.bindGroup(p.layout, w.buffers(d))
	if err != nil {
		return device.Refused("the tensors of "+d.name(), err)
	}
	if d.router {
		w.routers = append(w.routers, len(w.words))
		d.params = append(d.params, uint32(len(w.routers)))
	}
	for j, param := range d.params {
		binary.LittleEndian.PutUint32(w.values[entryBytes*i+4*j:], param)
	}
	w.words = device.AppendDispatch(w.words, p.id, group, uint32((w.entries.first+i)*entryBytes), d.grid)
	return nil
}

// buffers returns the bindings of a dispatch: its tensors, then the buffer of its parameters.
func (w *builder) buffers(d *dispatch) []*device.Buffer {
	buffers := make([]*device.Buffer, 0, len(d.bind)+1)
	for _, t := range d.bind {
		buffers = append(buffers, bufferOf(t))
	}
	return append(buffers, w.params.Buffer)
}

// abandon releases what a program that failed to build holds.
func (w *builder) abandon() {
	if w.params != nil {
		w.params.release(w.entries)
	}
}
