package gpu

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
)

// hostName is the global function that opens a device; web/src/worker/gpu-host.ts installs it.
const hostName = "outriderGPU"

// device is the browser's half. The host, in JavaScript, makes and keeps the things; Go gives them their numbers, so that
// nothing need come back.
type device struct {
	host                                          js.Value // GPUHost
	runProgram, writeBytes, makeGroup             js.Value // methods bound once, for calls made thousands of times
	buffers, layouts, pipelines, groups, programs table[struct{}]
	scratch                                       js.Value // Uint8Array through which Go's bytes reach the queue
	room                                          int      // its length
}

// openDevice asks the host for a device with the adapter's own limits.
func openDevice(ctx context.Context) (*device, error) {
	open := js.Global().Get(hostName)
	if open.Type() != js.TypeFunction {
		return nil, errs.Wrap(errs.NoWebGPU, ops.ErrNoWebGPU.Message, fmt.Errorf("%s is not installed", hostName))
	}
	host, err := jsbridge.Await(open.Invoke()).Wait(ctx)
	if err != nil {
		return nil, deviceError(err, "to open a device")
	}
	return &device{
		host: host, runProgram: bound(host, "run"), writeBytes: bound(host, "write"), makeGroup: bound(host, "createGroup"),
	}, nil
}

func bound(object js.Value, method string) js.Value { return object.Get(method).Call("bind", object) }

func (d *device) limits() ops.Limits {
	l := d.host.Get("device").Get("limits")
	return ops.Limits{
		MaxBuffer:  int64(l.Get("maxBufferSize").Float()),
		MaxBinding: int64(l.Get("maxStorageBufferBindingSize").Float()),
	}
}

// traits says what kind of device it is. The one software adapter of browsers is SwiftShader, Google's.
func (d *device) traits() traits {
	info := d.host.Get("device").Get("adapterInfo")
	swiftShader := info.Truthy() && info.Get("vendor").String() == "google"
	return traits{cpu: swiftShader, slowBarriers: swiftShader}
}

// name is what browsers tell of an adapter: "nvidia ampere" in most of them.
func (d *device) name() (name string) {
	info := d.host.Get("device").Get("adapterInfo")
	if !info.Truthy() {
		return ""
	}
	for _, field := range []string{"vendor", "architecture", "device", "description"} {
		if text := info.Get(field); text.Truthy() {
			name += " " + text.String()
		}
	}
	return strings.TrimSpace(name)
}

// scoped runs f inside error scopes. The scopes' verdict comes later: wait blocks for it.
func (d *device) scoped(label string, f func() error) (wait func() error) {
	d.host.Call("pushScopes")
	err := f()
	verdict := jsbridge.Await(d.host.Call("popScopes"))
	return func() error {
		if _, e := verdict.Wait(context.Background()); e != nil && err == nil {
			err = deviceError(e, label)
		}
		return err
	}
}

func (d *device) addProgram(words []uint32) uint32 {
	data := make([]byte, 0, 4*len(words))
	for _, w := range words {
		data = binary.LittleEndian.AppendUint32(data, w)
	}
	d.fill(data)
	id := d.programs.add(struct{}{})
	d.host.Call("addProgram", id, d.scratch.Call("subarray", 0, len(data)))
	return id
}

func (d *device) dropProgram(id uint32) {
	d.host.Call("dropProgram", id)
	d.programs.drop(id)
}

// run is one crossing.
func (d *device) run(program uint32, from int) error {
	if d.runProgram.Invoke(program, from).Bool() {
		return d.fault()
	}
	return nil
}

func (d *device) write(buf *buffer, at int64, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), pieceBytes)
		d.fill(data[:n])
		d.writeBytes.Invoke(buf.id, at, d.scratch, n)
		at, data = at+int64(n), data[n:]
	}
	return nil
}

// fill copies data to the beginning of scratch.
func (d *device) fill(data []byte) {
	if d.scratch.IsUndefined() || d.room < len(data) {
		d.room = max(2*d.room, len(data), 4096)
		d.scratch = js.Global().Get("Uint8Array").New(d.room)
	}
	js.CopyBytesToJS(d.scratch, data)
}

// put takes blobs of two kinds. One with a method JS is an ArrayBuffer, which Go never sees the inside of; one with a
// method Bytes is for tests.
func (d *device) put(buf *buffer, at int64, blob ops.Blob, from, n int64) error {
	switch b := blob.(type) {
	case interface{ JS() js.Value }:
		if full := d.host.Call("put", buf.id, at, b.JS(), from, n); full.Truthy() {
			_, err := jsbridge.Await(full).Wait(context.Background())
			return err
		}
		return nil
	case interface{ Bytes() []byte }:
		return d.write(buf, at, padded(b.Bytes()[from:from+n]))
	}
	return fmt.Errorf("a %T has no bytes to upload", blob)
}

func (d *device) fault() error {
	if trouble := d.host.Call("takeTrouble"); trouble.Truthy() {
		return deviceError(jsbridge.ErrorOf(trouble), "what it was asked to do")
	}
	return nil
}

func (d *device) close() { d.host.Call("close") }

// fetched is a read-back under way.
type fetched struct {
	bytes   *jsbridge.Promise
	skip, n int // of the bytes read, those asked for
}

// fetch is one crossing, too.
func (d *device) fetch(parts []stretch, skip, n int) ops.Pending {
	args := make([]any, 0, 3*len(parts))
	for _, p := range parts {
		args = append(args, p.id, p.first, p.n)
	}
	return &fetched{jsbridge.Await(d.host.Call("fetch", args...)), skip, n}
}

// Wait copies the bytes once they are there.
func (f *fetched) Wait(ctx context.Context) ([]byte, error) {
	v, err := f.bytes.Wait(ctx)
	if err != nil {
		return nil, deviceError(err, "a read-back")
	}
	out := make([]byte, f.n)
	js.CopyBytesToGo(out, v.Call("subarray", f.skip))
	return out, nil
}
