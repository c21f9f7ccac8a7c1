package gpu

import (
	"context"
	"errors"
	"strings"
	"syscall/js"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// arrayBuffer is a blob whose bytes are in JavaScript, as the storage worker sends them.
type arrayBuffer struct{ buffer js.Value }

func (a arrayBuffer) JS() js.Value { return a.buffer }
func (a arrayBuffer) Len() int64   { return int64(a.buffer.Get("byteLength").Int()) }
func (arrayBuffer) Release()       {}

func arrayBufferOf(data []byte) arrayBuffer {
	array := js.Global().Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(array, data)
	return arrayBuffer{array.Get("buffer")}
}

func TestUploadAcceptsArrayBuffers(t *testing.T) {
	b := open(t)
	defer b.Close()
	for _, typ := range allTypes {
		w := alloc(t, b, typ, 256, 3)
		file := randomBytes(typ.RowBytes(256 * 3))
		must(t, b.Upload(w, 0, arrayBufferOf(file)))
		comparePacked(t, b, w, file)
	}
	odd := alloc(t, b, quant.F16, 3, 3)
	file := randomBytes(18)
	must(t, b.Upload(odd, 0, arrayBufferOf(file)))
	comparePacked(t, b, odd, file)
}

func TestUploadWaitsForTheQueue(t *testing.T) {
	b := open(t)
	defer b.Close()
	rows := 6*device.MaxWriteBytes/4096 + 1 // more than may be queued at once
	w := alloc(t, b, quant.F32, 1024, rows)
	file := randomBytes(4096 * rows)
	must(t, b.Upload(w, 0, arrayBufferOf(file)))
	comparePacked(t, b, w, file)
}

func TestEveryMethodReturnsErrDeviceLost(t *testing.T) {
	b, host := openWithHost(t)
	step := alloc(t, b, quant.U32, ops.StepWords)
	p := record(t, b, func() { b.Advance(step) })
	pending := b.ReadBack(step, 0, 4)
	host.Get("device").Call("destroy") // the host does not know of it
	if _, err := pending.Wait(context.Background()); err != nil && !errors.Is(err, ops.ErrDeviceLost) {
		t.Errorf("a pending read-back: %v", err)
	}
	jsbridge.Await(host.Get("device").Get("lost")).Wait(t.Context())
	for range 2 {
		if err := readError(b, step, 0, 4); !errors.Is(err, ops.ErrDeviceLost) || !errs.Of(err).Retryable {
			t.Errorf("a read-back: %v, want ErrDeviceLost", err)
		}
		if err := p.Run(); !errors.Is(err, ops.ErrDeviceLost) {
			t.Errorf("Run: %v, want ErrDeviceLost", err)
		}
		if _, err := b.Record("again", func() {}); !errors.Is(err, ops.ErrDeviceLost) {
			t.Errorf("Record: %v, want ErrDeviceLost", err)
		}
		if err := b.Upload(step, 0, ops.Bytes(make([]byte, 16))); !errors.Is(err, ops.ErrDeviceLost) {
			t.Errorf("Upload: %v, want ErrDeviceLost", err)
		}
		if _, err := b.Alloc("more", quant.F32, 4); !errors.Is(err, ops.ErrDeviceLost) {
			t.Errorf("Alloc: %v, want ErrDeviceLost", err)
		}
	}
}

// The device is made to report that memory ran out: filling a real one would end other programs first.
func TestAllocReturnsErrOutOfMemory(t *testing.T) {
	b, host := openWithHost(t)
	defer b.Close()
	gpuDevice := host.Get("device")
	popErrorScope := js.Global().Call("eval",
		`let n = 0; () => Promise.resolve(n++ === 0 ? new GPUOutOfMemoryError('full') : null)`)
	gpuDevice.Set("popErrorScope", popErrorScope)
	_, err := b.Alloc("weights", quant.F32, 4)
	if !errors.Is(err, ops.ErrOutOfMemory) || !strings.Contains(err.Error(), "full") {
		t.Errorf("%v, want ErrOutOfMemory with its cause", err)
	}
	if len(b.buffers) != 0 {
		t.Error("a buffer without memory is kept")
	}
}

func TestNewWithoutWebGPUOrAdapterNamesTheReason(t *testing.T) {
	opener := js.Global().Get(openerName)
	defer js.Global().Set(openerName, opener)
	js.Global().Set(openerName, js.Undefined())
	if _, err := New(context.Background(), Options{}); !errors.Is(err, ops.ErrNoWebGPU) {
		t.Errorf("no host: %v, want ErrNoWebGPU", err)
	}
	for code, want := range map[string]error{"no_webgpu": ops.ErrNoWebGPU, "no_adapter": ops.ErrNoAdapter} {
		js.Global().Set(openerName, js.Global().Call("eval", "() => Promise.reject({code: '"+code+"', message: 'why'})"))
		if _, err := New(context.Background(), Options{}); !errors.Is(err, want) || !strings.Contains(err.Error(), "why") {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
}

// openerName is the global function through which package device opens a device.
const openerName = "outriderGPU"

// openWithHost opens a backend and returns its GPU host too.
func openWithHost(t *testing.T) (*Backend, js.Value) {
	t.Helper()
	opener := js.Global().Get(openerName)
	defer js.Global().Set(openerName, opener)
	opened := opener.Invoke()
	js.Global().Set(openerName, js.Global().Call("eval", "(opened) => () => opened").Invoke(opened))
	host, err := jsbridge.Await(opened).Wait(t.Context())
	must(t, err)
	return open(t), host
}
