package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
)

// method makes a JavaScript method of f, which runs on a goroutine of its own. The method's first argument is an
// AbortSignal that ends f's context; f gets the arguments after it. The method returns a promise of f's result, which
// must be something js.ValueOf takes, and rejects with {code, message, retryable}.
func method(f func(ctx context.Context, args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		signal, rest := args[0], args[1:]
		return promise(func() (any, error) {
			ctx, done := withSignal(signal)
			defer done()
			return f(ctx, rest)
		})
	})
}

// promise runs f on a goroutine and gives the promise of its result. A panic in f is a bug of ours; it is reported as
// an error, because a program that has ended could not even say why.
func promise(f func() (any, error)) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer executor.Release()
			result, err := guard(f)
			if err != nil {
				reject.Invoke(faultValue(err))
				return
			}
			resolve.Invoke(result)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

// guard turns a panic of f into an error.
func guard(f func() (any, error)) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			println(fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
			err = errs.New(errs.Internal, fmt.Sprintf("Something unexpected happened inside Outrider: %v", r))
		}
	}()
	return f()
}

// withSignal makes a context that ends when an AbortSignal does. done must be called.
func withSignal(signal js.Value) (ctx context.Context, done func()) {
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

// faultValue is an error as it crosses to JavaScript; mirrors Fault in web/src/protocol.ts.
func faultValue(err error) map[string]any {
	if errors.Is(err, context.Canceled) {
		err = errs.New(errs.Aborted, "Stopped.").AsRetryable()
	}
	f := errs.Of(err)
	return map[string]any{"code": string(f.Code), "message": f.Error(), "retryable": f.Retryable}
}
