// Package device drives one WebGPU device: it opens the adapter, creates buffers, pipelines and bind groups, uploads
// bytes, replays recorded programs and reads results back. It knows nothing of tensors and ops; package gpu builds
// those on top of it.
//
// Device exists twice, in the files that end in _native.go and in _js.go. The native half calls wgpu through
// cogentcore/webgpu, and only tests and tools use it. The half for browsers calls the GPU host in the worker's
// JavaScript, web/src/worker/gpu-host.ts. It does not link the binding, whose browser half adds log/slog,
// encoding/json and their dependencies: 193 KB for code that runs once. Interface driver lists what both halves do.
//
// Buffers, layouts, pipelines, bind groups and programs are known by numbers, each kind by its own. The number of an
// object that was released is used again.
package device

import (
	"context"
	"errors"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/shaders"
)

// driver is what package gpu needs of a device; both halves of Device implement it.
type driver interface {
	// Limits returns the largest buffer and binding, in bytes, that the device accepts.
	Limits() ops.Limits

	// Kind returns what the choice between kernels depends on.
	Kind() Kind

	// AdapterName returns what the adapter reveals of itself; "" when it reveals nothing.
	AdapterName() string

	// Scoped runs f, which creates objects, inside error scopes. The function that it returns waits for the scopes to
	// close and returns the first error that they caught; label says in that error what was being made.
	Scoped(label string, f func() error) (wait func() error)

	// createBuffer creates a buffer of zeros.
	createBuffer(name string, bytes int64, use Usage) (id uint32, err error)

	// DestroyBuffer frees a buffer's memory on the GPU.
	DestroyBuffer(buf *Buffer)

	// CreateLayout creates the layout of a bind group 0 with bindings of these kinds, and the layout of the pipelines
	// that have this group alone.
	CreateLayout(access []shaders.Access) (id uint32, err error)

	// CreatePipeline compiles a kernel whose entry point is main. The compiler may still be at work when it returns:
	// wait blocks until it is done and returns its error. Errors name the kernel and leave no pipeline behind.
	CreatePipeline(name string, layout uint32, wgsl string) (id uint32, wait func() error, err error)

	// CreateBindGroup binds buffers in order. Each is bound whole but for the last, a buffer of parameters, of which
	// a dispatch sees ParamBytes.
	CreateBindGroup(layout uint32, buffers []*Buffer) (id uint32, err error)

	// ReleaseBindGroup drops a bind group.
	ReleaseBindGroup(id uint32)

	// AddProgram keeps a copy of a program's words; see AppendDispatch.
	AddProgram(words []uint32) (id uint32)

	// ReleaseProgram drops a program. What is queued already still runs.
	ReleaseProgram(id uint32)

	// Run queues a program, from one of its words on, as one compute pass and one submit.
	Run(program uint32, from int) error

	// Write queues a copy of data into buf. The offset and the length are multiples of 4 bytes.
	Write(buf *Buffer, offset int64, data []byte) error

	// Upload queues a copy of n bytes of blob, from byte from on, into buf. Zeros fill the last word. It waits while
	// many bytes are queued already.
	Upload(buf *Buffer, offset int64, blob ops.Blob, from, n int64) error

	// ReadBack queues copies of byte ranges, one after another. Wait then returns n of their bytes, from byte skip on.
	ReadBack(ranges []Range, skip, n int) ops.Pending

	// Err returns an error that no call returned: that the device was lost, or an error outside all scopes. It returns
	// each error once; only a lost device stays lost.
	Err() error

	// Close frees everything on the device.
	Close()
}

var _ driver = (*Device)(nil)

// Buffer is memory on the GPU.
type Buffer struct {
	ID    uint32 // number of the buffer on its device
	Name  string // for errors and debuggers
	Bytes int64  // size, a multiple of 4
}

// Range is N bytes of a buffer from byte First on, both multiples of 4.
type Range struct {
	Buffer   *Buffer
	First, N int
}

// Kind says what decides which kernel computes an op.
type Kind struct {
	CPU          bool // a software adapter: tiles in workgroup memory cost more than they save
	SlowBarriers bool // a barrier costs more than it saves, so that lanes should not share a row
}

// Usage says what a buffer is for: WebGPU's GPUBufferUsage, bit for bit.
type Usage uint32

// The bits of GPUBufferUsage.
const (
	copySrc Usage = 0x04
	copyDst Usage = 0x08
	uniform Usage = 0x40
	storage Usage = 0x80
)

// What buffers are for.
const (
	ForTensors = storage | copyDst | copySrc // read and written by kernels
	ForParams  = uniform | copyDst           // parameters of dispatches
)

// ParamBytes is how many bytes of a buffer of parameters one dispatch sees.
const ParamBytes = 128

// MaxWriteBytes is the most that one write to the queue copies: a browser keeps a second copy until the GPU has it.
const MaxWriteBytes = 16 << 20

// CreateBuffer creates a buffer of zeros; bytes is a multiple of 4. Errors: ErrOutOfMemory, ErrDeviceLost.
func (d *Device) CreateBuffer(name string, bytes int64, use Usage) (*Buffer, error) {
	buf, created := &Buffer{Name: name, Bytes: bytes}, false
	create := func() (err error) {
		buf.ID, err = d.createBuffer(name, bytes, use)
		created = err == nil
		return err
	}
	if err := d.Scoped("memory for "+name, create)(); err != nil {
		if created { // it has a number, but no memory
			d.DestroyBuffer(buf)
		}
		return nil, err
	}
	return buf, nil
}

// Refused wraps an error of the device as an internal error; what says which call of ours the device refused. An error
// that says itself what happened, such as ErrDeviceLost, is returned as it is.
func Refused(what string, cause error) error {
	for _, named := range namedErrors {
		if errors.Is(cause, named) {
			return cause
		}
	}
	return errs.Wrap(errs.Internal, fmt.Sprintf("the GPU refused %s", what), cause)
}

// namedErrors are the errors of package ops that a device reports.
var namedErrors = []*errs.Error{ops.ErrNoWebGPU, ops.ErrNoAdapter, ops.ErrDeviceLost, ops.ErrOutOfMemory}

// FailedReadBack returns a read-back whose Wait returns err.
func FailedReadBack(err error) ops.Pending { return failedReadBack{err} }

type failedReadBack struct{ err error }

func (f failedReadBack) Wait(context.Context) ([]byte, error) { return nil, f.err }

// padded returns data with zeros appended up to a whole word.
func padded(data []byte) []byte {
	if len(data)%4 == 0 {
		return data
	}
	return append(data[:len(data):len(data)], make([]byte, 4-len(data)%4)...)
}
