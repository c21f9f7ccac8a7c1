package device

import (
	"context"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
)

// openerName is the global function that opens a device; web/src/worker/gpu-host.ts installs it.
const openerName = "outriderGPU"

// Device is a WebGPU device. This half calls the GPU host, which creates and keeps the objects in JavaScript. Go
// assigns their numbers, so that no call has to return one.
type Device struct {
	host                                          js.Value // GPUHost
	runProgram, writeBytes, bindBuffers           js.Value // methods bound once, for calls made thousands of times
	buffers, layouts, pipelines, groups, programs handles[struct{}]
	transfer                                      js.Value // Uint8Array through which Go's bytes reach the queue
	transferBytes                                 int      // its length
}

// Open asks the host for a device with the adapter's own limits. Errors: ops.ErrNoWebGPU, ops.ErrNoAdapter.
func Open(ctx context.Context) (*Device, error) {
	open := js.Global().Get(openerName)
	if open.Type() != js.TypeFunction {
		return nil, errs.Wrap(errs.NoWebGPU, ops.ErrNoWebGPU.Message, fmt.Errorf("%s is not installed", openerName))
	}
	host, err := jsbridge.Await(open.Invoke()).Wait(ctx)
	if err != nil {
		return nil, hostError(err, "to open a device")
	}
	return &Device{
		host:        host,
		runProgram:  bound(host, "run"),
		writeBytes:  bound(host, "write"),
		bindBuffers: bound(host, "createBindGroup"),
	}, nil
}

func bound(object js.Value, method string) js.Value { return object.Get(method).Call("bind", object) }

// Limits returns the adapter's limits, which the device was opened with.
func (d *Device) Limits() ops.Limits {
	l := d.host.Get("device").Get("limits")
	return ops.Limits{
		MaxBuffer:  int64(l.Get("maxBufferSize").Float()),
		MaxBinding: int64(l.Get("maxStorageBufferBindingSize").Float()),
	}
}

// Kind returns what the choice between kernels depends on. The one software adapter of browsers is SwiftShader, whose
// vendor is Google.
func (d *Device) Kind() Kind {
	info := d.host.Get("device").Get("adapterInfo")
	swiftShader := info.Truthy() && info.Get("vendor").String() == "google"
	return Kind{CPU: swiftShader, SlowBarriers: swiftShader}
}

// AdapterName returns what the browser reveals of the adapter: "nvidia ampere" in most browsers.
func (d *Device) AdapterName() (name string) {
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

// Scoped runs f inside error scopes. What they caught is known later: wait blocks until then.
func (d *Device) Scoped(label string, f func() error) (wait func() error) {
	d.host.Call("pushErrorScopes")
	err := f()
	popped := jsbridge.Await(d.host.Call("popErrorScopes"))
	return func() error {
		if _, e := popped.Wait(context.Background()); e != nil && err == nil {
			err = hostError(e, label)
		}
		return err
	}
}

// Err returns an error that no call returned, or what explains it. It is a crossing, so that nothing calls it for each
// token.
func (d *Device) Err() error {
	e := d.host.Call("takeError")
	if !e.Truthy() {
		return nil
	}
	cause, err := jsbridge.Await(d.host.Call("cause", e)).Wait(context.Background())
	if err == nil {
		err = jsbridge.ErrorOf(cause)
	}
	return hostError(err, "what it was asked to do")
}

// Close frees everything on the device.
func (d *Device) Close() { d.host.Call("close") }
