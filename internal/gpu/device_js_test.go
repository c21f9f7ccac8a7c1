package gpu

import (
	"context"
	"errors"
	"strings"
	"syscall/js"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// handle is a blob whose bytes JavaScript holds, as the storage worker hands them over.
type handle struct{ buffer js.Value }

func (h handle) JS() js.Value { return h.buffer }
func (h handle) Len() int64   { return int64(h.buffer.Get("byteLength").Int()) }
func (handle) Release()       {}

func handleOf(data []byte) handle {
	array := js.Global().Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(array, data)
	return handle{array.Get("buffer")}
}

func TestUploadTakesArrayBuffers(t *testing.T) {
	b := open(t)
	defer b.Close()
	for _, typ := range allTypes {
		w := alloc(t, b, typ, 256, 3)
		file := randomBytes(typ.RowBytes(256 * 3))
		must(t, b.Upload(w, 0, handleOf(file)))
		comparePacked(t, b, w, file)
	}
	odd := alloc(t, b, quant.F16, 3, 3)
	file := randomBytes(18)
	must(t, b.Upload(odd, 0, handleOf(file)))
	comparePacked(t, b, odd, file)
}

func TestUploadWaitsForTheQueue(t *testing.T) {
	b := open(t)
	defer b.Close()
	rows := 6*pieceBytes/4096 + 1 // more pieces than may be on their way
	w := alloc(t, b, quant.F32, 1024, rows)
	file := randomBytes(4096 * rows)
	must(t, b.Upload(w, 0, handleOf(file)))
	comparePacked(t, b, w, file)
}

func TestALostDeviceIsReportedByEveryMethod(t *testing.T) {
	b := open(t)
	step := alloc(t, b, quant.U32, ops.StepWords)
	p := record(t, b, func() { b.Advance(step) })
	inFlight := b.ReadBack(step, 0, 4)
	b.dev.host.Get("device").Call("destroy") // behind the host's back
	if _, err := inFlight.Wait(context.Background()); err != nil && !errors.Is(err, ops.ErrDeviceLost) {
		t.Errorf("a read-back under way: %v", err)
	}
	jsbridge.Await(b.dev.host.Get("device").Get("lost")).Wait(context.Background())
	for range 2 {
		if err := fetchError(b, step, 0, 4); !errors.Is(err, ops.ErrDeviceLost) || !errs.Of(err).Retryable {
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

// The device is made to say that memory ran out: filling a real one would end other programs first.
func TestOutOfMemoryIsNamed(t *testing.T) {
	b := open(t)
	defer b.Close()
	device := b.dev.host.Get("device")
	says := js.Global().Call("eval", `let n = 0; () => Promise.resolve(n++ === 0 ? new GPUOutOfMemoryError('full') : null)`)
	device.Set("popErrorScope", says)
	_, err := b.Alloc("weights", quant.F32, 4)
	if !errors.Is(err, ops.ErrOutOfMemory) || !strings.Contains(err.Error(), "full") {
		t.Errorf("%v, want ErrOutOfMemory with its cause", err)
	}
	if len(b.buffers) != 0 {
		t.Error("a buffer that is not there is kept")
	}
}

func TestOpeningWithoutWebGPUOrAdapterIsNamed(t *testing.T) {
	opener := js.Global().Get(hostName)
	defer js.Global().Set(hostName, opener)
	js.Global().Set(hostName, js.Undefined())
	if _, err := New(context.Background(), Options{}); !errors.Is(err, ops.ErrNoWebGPU) {
		t.Errorf("no host: %v, want ErrNoWebGPU", err)
	}
	for code, want := range map[string]error{"no_webgpu": ops.ErrNoWebGPU, "no_adapter": ops.ErrNoAdapter} {
		js.Global().Set(hostName, js.Global().Call("eval", "() => Promise.reject({code: '"+code+"', message: 'why'})"))
		if _, err := New(context.Background(), Options{}); !errors.Is(err, want) || !strings.Contains(err.Error(), "why") {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
}
