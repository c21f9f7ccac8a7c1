package jsbridge

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"syscall/js"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

func eval(code string) js.Value { return js.Global().Call("eval", "("+code+")") }

// failing is a method whose promise rejects with err.
func failing(err error) js.Func {
	return Method(func(context.Context, []js.Value) (any, error) { return nil, err })
}

// callMethod calls a method that Method made, with a signal that never aborts, and waits for it.
func callMethod(t *testing.T, f js.Func, args ...any) (js.Value, error) {
	t.Helper()
	defer f.Release()
	object := eval("{}")
	object.Set("method", f)
	return Call(t.Context(), object, "method", args...)
}

func TestCallReturnsWhatThePromiseResolvesWith(t *testing.T) {
	object := eval("{ add: async (signal, a, b) => a + b }")
	if v, err := Call(t.Context(), object, "add", 2, 3); err != nil || v.Int() != 5 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestCallAbortsItsSignalWhenTheContextEnds(t *testing.T) {
	object := eval(`{ wait: (signal) => new Promise((_, reject) =>
		signal.addEventListener("abort", () => reject({ code: "aborted", message: "stopped", retryable: true }))) }`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Call(ctx, object, "wait"); !errors.Is(err, errs.New(errs.Aborted, "")) || !errs.Of(err).Retryable {
		t.Errorf("%v, want aborted", err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Await(eval("new Promise(() => {})")).Wait(ctx); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

func TestAMethodReceivesItsArgumentsAndTheEndOfItsSignal(t *testing.T) {
	abort := js.Global().Get("AbortController").New()
	method := Method(func(ctx context.Context, args []js.Value) (any, error) {
		abort.Call("abort")
		<-ctx.Done()
		return args[0].Int() + 1, nil
	})
	defer method.Release()
	if v, err := Await(method.Invoke(abort.Get("signal"), 1)).Wait(t.Context()); err != nil || v.Int() != 2 {
		t.Errorf("%v, %v", v, err)
	}
	aborted := Method(func(ctx context.Context, _ []js.Value) (any, error) { return nil, ctx.Err() })
	defer aborted.Release()
	_, err := Await(aborted.Invoke(abort.Get("signal"))).Wait(t.Context())
	if !errors.Is(err, errs.New(errs.Aborted, "")) || err.Error() != "stopped" || !errs.Of(err).Retryable {
		t.Errorf("%v, want aborted", err)
	}
}

func TestErrorsCrossInBothDirections(t *testing.T) {
	want := errs.Wrap(errs.StorageFull, "the store is full", errors.New("quota"))
	_, err := callMethod(t, failing(fmt.Errorf("part 2: %w", want)))
	got := errs.Of(err)
	if got.Code != want.Code || got.Message != want.Error() || !got.Retryable {
		t.Errorf("%+v, want %+v", got, want)
	}
	for code, text := range map[string]string{
		"new TypeError('x')":             "JavaScript failed: TypeError: x",
		"new DOMException('x', 'Abort')": "JavaScript failed: Abort: x",
		"undefined":                      "JavaScript failed: undefined",
		"'text'":                         "JavaScript failed: text",
	} {
		_, err := Await(eval("Promise.reject(" + code + ")")).Wait(t.Context())
		if errs.Of(err).Code != errs.Internal || err.Error() != text {
			t.Errorf("%s: %v, want %s", code, err, text)
		}
	}
}

// The message of an Error is not one of its enumerable properties.
func TestAnErrorObjectKeepsItsMessage(t *testing.T) {
	thrown := "Object.assign(new Error('away'), { code: 'http_status', retryable: true, retryAfter: 2000 })"
	_, err := Await(eval("Promise.reject(" + thrown + ")")).Wait(t.Context())
	e := errs.Of(err)
	if e.Code != errs.HTTPStatus || e.Message != "away" || !e.Retryable || e.RetryAfter != 2*time.Second {
		t.Errorf("%+v", *e)
	}
}

func TestAPanicBecomesAnInternalError(t *testing.T) {
	_, err := callMethod(t, Method(func(context.Context, []js.Value) (any, error) { panic("oh") }))
	if errs.Of(err).Code != errs.Internal || err.Error() != "something unexpected happened inside Outrider: oh" {
		t.Errorf("%v", err)
	}
}

func TestTreeCopiesPlainData(t *testing.T) {
	got, err := Tree(eval(`{ a: [1, "b", true, null, undefined], c: { d: -0.5 } }`))
	want := map[string]any{"a": []any{1.0, "b", true, nil, nil}, "c": map[string]any{"d": -0.5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if got, err := Tree(js.Undefined()); got != nil || err != nil {
		t.Errorf("undefined is %v, %v", got, err)
	}
}

// Without a limit, 3,000 lists inside each other end the program: its stack is that of the worker.
func TestTreeRefusesDataThatIsNestedTooDeep(t *testing.T) {
	for depth, refused := range map[int]bool{maxDepth: false, maxDepth + 1: true, 3000: true, 100_000: true} {
		for _, nested := range []string{"[v]", "{ a: v }"} {
			v := eval(fmt.Sprintf("(() => { let v = 1; for (let i = 0; i < %d; i++) v = %s; return v })()", depth, nested))
			if _, err := Tree(v); (err != nil) != refused || err != nil && errs.Of(err).Code != errs.InvalidRequest {
				t.Errorf("%d of %s: %v", depth, nested, err)
			}
		}
	}
}

func TestBytesCross(t *testing.T) {
	if got := string(Bytes(Uint8Array([]byte("hello")))); got != "hello" {
		t.Errorf("%q", got)
	}
}

// BenchmarkAwait is the crossing that every read-back of a token costs.
func BenchmarkAwait(b *testing.B) {
	object := eval("{ now: () => Promise.resolve(1) }")
	for b.Loop() {
		if _, err := Await(object.Call("now")).Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall is the crossing that every read of an expert from the store costs.
func BenchmarkCall(b *testing.B) {
	object := eval("{ now: () => Promise.resolve(1) }")
	for b.Loop() {
		if _, err := Call(b.Context(), object, "now"); err != nil {
			b.Fatal(err)
		}
	}
}
