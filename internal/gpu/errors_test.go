package gpu

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/shaders"
)

func TestErrorNamesAKernelThatDoesNotCompile(t *testing.T) {
	b := open(t)
	defer b.Close()
	readWrite := []shaders.Access{shaders.ReadWrite, shaders.Uniform}
	for name, text := range map[string]string{
		"no WGSL": "fn main( {",
		"a wrong type": `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
			@compute @workgroup_size(1) fn main() { x[0] = 1.5f; }`,
		"other bindings than declared": `@group(0) @binding(0) var<uniform> x: vec4<u32>;
			@group(0) @binding(1) var<storage, read_write> y: array<u32>;
			@compute @workgroup_size(1) fn main() { y[0] = x.x; }`,
	} {
		for range 2 { // the second call compiles it again
			_, wait, err := b.compile("broken X=1", shaders.Module{Text: text, Access: readWrite})
			if err == nil {
				err = wait()
			}
			if err == nil || errs.Of(err).Code != errs.Internal || !strings.Contains(err.Error(), "broken X=1") {
				t.Errorf("%s: %v, want an internal error that names the kernel", name, err)
			}
		}
	}
	if len(b.pipelines.byName) != 0 {
		t.Errorf("%d broken kernels are kept", len(b.pipelines.byName))
	}
}

func TestRecordReturnsAnErrorForACallThatDoesNotFitTheKernel(t *testing.T) {
	b := open(t)
	defer b.Close()
	step, other := alloc(t, b, quant.U32, 4), alloc(t, b, quant.F32, 4, 2)
	one := [3]int{1, 1, 1}
	for want, d := range map[string]dispatch{
		"no_such_op":   {op: "no_such_op", bind: []*ops.Tensor{step}, grid: one},
		"2 tensors":    {op: "advance", bind: []*ops.Tensor{step, step}, grid: one},
		"33 words":     {op: "advance", bind: []*ops.Tensor{step}, params: make([]uint32, 33), grid: one},
		"65536":        {op: "advance", bind: []*ops.Tensor{step}, grid: [3]int{65536, 1, 1}},
		"[0 1 1]":      {op: "advance", bind: []*ops.Tensor{step}, grid: [3]int{0, 1, 1}},
		"binding 0 wr": {op: "swiglu", bind: []*ops.Tensor{other, other}, params: make([]uint32, 4), grid: one},
	} {
		p, err := b.Record("wrong", func() { b.dispatch(d) })
		if p != nil {
			t.Errorf("a program %v besides %v", p, err)
		}
		if err == nil || !strings.Contains(err.Error(), want) || errs.Of(err).Code != errs.Internal {
			t.Errorf("%v, want an internal error with %q", err, want)
		}
		b.dispatch(d) // outside Record the next method that can return the error does
		if _, err := ops.Read(context.Background(), b, step, 0, 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read after a wrong call: %v, want %q", err, want)
		}
	}
	if _, err := ops.Read(context.Background(), b, step, 0, 4); err != nil {
		t.Errorf("the error was returned twice: %v", err)
	}
}

func TestAllocBeyondALimitReturnsBothNumbers(t *testing.T) {
	b, err := New(context.Background(), Options{Limits: ops.Limits{MaxBinding: 1 << 20, MaxBuffer: 1 << 19}})
	must(t, err)
	defer b.Close()
	for want, bytes := range map[string]int{
		"maxBufferSize) is 524288: 16 bytes":                1<<19 + 16,
		"maxStorageBufferBindingSize) is 1048576: 48 bytes": 1<<20 + 48,
	} {
		_, err := b.Alloc("big", quant.F32, bytes/4)
		if errs.Of(err).Code != errs.LimitsTooSmall || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := b.Alloc("fits", quant.F32, 1<<17); err != nil {
		t.Errorf("a tensor of exactly the limit: %v", err)
	}
}

func TestDeviceHasTheLimitsOfItsAdapter(t *testing.T) {
	b := open(t)
	defer b.Close()
	const standard = 256 << 20 // bytes of the largest buffer where no limits are requested
	if l := b.Limits(); l.MaxBuffer <= standard || l.MaxBinding < 128<<20 || l.MaxBuffer < l.MaxBinding {
		t.Errorf("limits %+v", l)
	}
	_, err := b.Alloc("too big", quant.U32, int(b.Limits().MaxBinding/4)+4)
	if !errors.Is(err, errs.New(errs.LimitsTooSmall, "")) {
		t.Errorf("%v, want limits_too_small", err)
	}
	t.Logf("limits: %+v", b.Limits())
}

func TestReadBackAndWriteRefuseRangesTheyCannotCopy(t *testing.T) {
	b := open(t)
	defer b.Close()
	w, x := alloc(t, b, quant.Q8_0, 32, 2), alloc(t, b, quant.F32, 4, 2)
	for name, err := range map[string]error{
		"write to a repacked type":     b.Write(w, 0, make([]byte, 4)),
		"write of half a word":         b.Write(x, 0, make([]byte, 2)),
		"write at half a word":         b.Write(x, 2, make([]byte, 4)),
		"write beyond the end":         b.Write(x, 28, make([]byte, 8)),
		"write beyond a view":          b.Write(x.Rows(0, 1), 12, make([]byte, 8)),
		"read-back of a repacked type": readError(b, w, 0, 4),
		"read-back beyond the end":     readError(b, x, 28, 8),
		"read-back before the start":   readError(b, x, -4, 8),
	} {
		if errs.Of(err).Code != errs.Internal {
			t.Errorf("%s: %v, want an internal error", name, err)
		}
	}
	if err := b.Write(x, 32, nil); err != nil {
		t.Errorf("writing nothing: %v", err)
	}
}

// A write past the end of a buffer is an example of a mistake that only the device detects.
func TestErrorsOfTheDeviceAreReturned(t *testing.T) {
	b := open(t)
	defer b.Close()
	x := alloc(t, b, quant.U32, 4)
	err := b.dev.Write(bufferOf(x), 8, make([]byte, 16))
	if err == nil {
		err = readError(b, x, 0, 16)
	}
	if err == nil || errs.Of(err).Code != errs.Internal {
		t.Errorf("%v, want an internal error", err)
	}
	if err := readError(b, x, 0, 16); err != nil {
		t.Errorf("the next read: %v", err)
	}
}

func TestFreeingTwiceDoesNothing(t *testing.T) {
	b := open(t)
	defer b.Close()
	x := alloc(t, b, quant.U32, 4)
	b.Free(x)
	b.Free(x)
}

func TestAllocPanicsWithoutWholeBlocks(t *testing.T) {
	b := open(t)
	defer b.Close()
	for _, shape := range [][]int{{}, {100}, {256, 0}} {
		func() {
			defer func() {
				if _, ok := recover().(*ops.ShapeError); !ok {
					t.Errorf("Alloc of Q4_K %v does not panic with a ShapeError", shape)
				}
			}()
			b.Alloc("w", quant.Q4_K, shape...)
		}()
	}
}

func readError(b *Backend, t *ops.Tensor, offset, n int) error {
	_, err := ops.Read(context.Background(), b, t, offset, n)
	return err
}
