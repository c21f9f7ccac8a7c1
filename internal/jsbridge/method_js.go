package jsbridge

import (
	"context"
	"fmt"
	"runtime/debug"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
)

// Method returns a JavaScript method that runs f on a goroutine of its own. The method's first argument is an
// AbortSignal that ends f's context; f receives the arguments after it. The method returns a promise of f's result,
// which must be something js.ValueOf accepts. The promise rejects with the value of ErrorValue.
func Method(f func(ctx context.Context, args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		signal, args := args[0], args[1:]
		return newPromise(func() (any, error) {
			ctx, done := signalContext(signal)
			defer done()
			return f(ctx, args)
		})
	})
}

// newPromise runs f on a goroutine and returns a promise of its result.
func newPromise(f func() (any, error)) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer executor.Release()
			result, err := Guard(f)
			if err != nil {
				reject.Invoke(ErrorValue(err))
				return
			}
			resolve.Invoke(result)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

// Guard calls f and turns a panic in it into an error with the code internal, after writing the stack to the console: a
// program that has ended could not report the bug.
func Guard[T any](f func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			println(fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
			err = errs.Of(fmt.Errorf("%v", r))
		}
	}()
	return f()
}

// signalContext returns a context that ends when an AbortSignal is aborted. done must be called.
func signalContext(signal js.Value) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	if signal.Get("aborted").Bool() {
		cancel()
	}
	abort := js.FuncOf(func(js.Value, []js.Value) any { cancel(); return nil })
	signal.Call("addEventListener", "abort", abort)
	return ctx, func() {
		signal.Call("removeEventListener", "abort", abort)
		abort.Release()
		cancel()
	}
}
