package gpu

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/shaders"
)

// driver is all that the backend asks of a device. Type device is one, twice: device_native.go has it through the
// binding, device_js.go through the host in the worker's JavaScript, web/src/worker/gpu-host.ts, where the binding is
// not linked: its browser half brings log/slog, encoding/json and what they need, 193 KB for set-up code.
//
// What is made on the device goes by a number, each kind by its own; numbers of dropped things are used again.
type driver interface {
	limits() ops.Limits
	traits() traits
	name() string // as far as the adapter tells it

	// scoped runs f, which makes things; wait gives what the device had against any of it, and says label.
	scoped(label string, f func() error) (wait func() error)

	// createBuffer makes a buffer of zeros; bytes is a multiple of 4.
	createBuffer(name string, bytes int64, use usage) (uint32, error)
	dropBuffer(id uint32)

	// createLayout makes the layout of bind group 0, and of pipelines that have no other group.
	createLayout(access []shaders.Access) (uint32, error)

	// createPipeline compiles a kernel whose entry point is main. It may still be at work when it returns: wait blocks
	// until it is done. Errors name the kernel, and leave no pipeline behind.
	createPipeline(name string, layout uint32, wgsl string) (id uint32, wait func() error, err error)

	// createGroup binds buffers in order: whole ones, then a page of which a dispatch sees paramWords.
	createGroup(layout uint32, bind []*buffer) (uint32, error)
	dropGroup(id uint32)

	// addProgram keeps a copy of a program's words.
	addProgram(words []uint32) uint32
	dropProgram(id uint32)

	// run queues a program, from one of its words on, as one pass and one submit.
	run(program uint32, from int) error

	// write queues a copy of data, whole words at a whole word.
	write(buf *buffer, at int64, data []byte) error

	// put queues bytes from..from+n of a blob into buf, the last word filled up with zeros.
	put(buf *buffer, at int64, blob ops.Blob, from, n int64) error

	// fetch queues copies of parts, and lets the caller wait for n of their bytes, after some to skip.
	fetch(parts []stretch, skip, n int) ops.Pending

	// fault is trouble that came unasked: the device lost, an error in no scope.
	fault() error

	// close gives everything back.
	close()
}

var _ driver = (*device)(nil)

// usage is what a buffer is for: WebGPU's GPUBufferUsage, bit for bit.
type usage uint32

const (
	copySrc usage = 0x04
	copyDst usage = 0x08
	uniform usage = 0x40
	stored  usage = 0x80

	forTensors = stored | copyDst | copySrc
	forParams  = uniform | copyDst
)
