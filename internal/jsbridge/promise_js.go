package jsbridge

import (
	"context"
	"syscall/js"
)

// Promise is a JavaScript promise as goroutines see it.
type Promise struct {
	done  chan struct{}
	value js.Value
	err   error
}

// Await subscribes to a promise. It does not block.
func Await(promise js.Value) *Promise {
	p := &Promise{done: make(chan struct{})}
	var fulfilled, rejected js.Func
	settle := func(keep func(js.Value)) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			keep(args[0])
			fulfilled.Release()
			rejected.Release()
			close(p.done)
			return nil
		})
	}
	fulfilled = settle(func(v js.Value) { p.value = v })
	rejected = settle(func(v js.Value) { p.err = ErrorOf(v) })
	promise.Call("then", fulfilled, rejected)
	return p
}

// Wait blocks until the promise settles or ctx ends. It returns a rejection as ErrorOf does, and ctx.Err() when ctx
// ended first.
func (p *Promise) Wait(ctx context.Context) (js.Value, error) {
	select {
	case <-p.done:
		return p.value, p.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

var abortController = js.Global().Get("AbortController")

// Call calls an asynchronous method of a JavaScript object and waits until its promise settles. The method's first
// argument is an AbortSignal that is aborted when ctx ends; the method then rejects, with the code aborted. Errors: as
// ErrorOf returns them.
func Call(ctx context.Context, object js.Value, method string, args ...any) (js.Value, error) {
	abort := abortController.New()
	stop := context.AfterFunc(ctx, func() { abort.Call("abort") })
	defer stop()
	promise := object.Call(method, append([]any{abort.Get("signal")}, args...)...)
	return Await(promise).Wait(context.Background())
}
