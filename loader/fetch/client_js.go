package fetch

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
)

// clientName is the global under which web/src/worker/storage-client.ts installs itself before Go starts.
const clientName = "outriderStorage"

// Client gives the JavaScript object that speaks to the storage worker.
func Client() (js.Value, error) {
	client := js.Global().Get(clientName)
	if client.IsUndefined() {
		return client, errs.New(errs.Internal, "the storage worker is not connected; reload the page")
	}
	return client, nil
}

// Call calls an asynchronous method of the client, its first argument an AbortSignal that follows ctx, and waits for
// the outcome. Errors: *errs.Error with the code that JavaScript gave it; aborted when ctx ended.
func Call(ctx context.Context, method string, args ...any) (js.Value, error) {
	client, err := Client()
	if err != nil {
		return js.Undefined(), err
	}
	return Ask(ctx, client, method, args...)
}

// Ask is Call for any object whose methods take an AbortSignal first and reject with {code, message, retryable}.
func Ask(ctx context.Context, object js.Value, method string, args ...any) (js.Value, error) {
	abort := js.Global().Get("AbortController").New()
	stop := context.AfterFunc(ctx, func() { abort.Call("abort") })
	defer stop()
	return await(object.Call(method, append([]any{abort.Get("signal")}, args...)...))
}

// await waits for a promise.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	fulfilled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: args[0]}
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: faultOf(args[0])}
		return nil
	})
	defer rejected.Release()
	promise.Call("then", fulfilled, rejected)
	o := <-done
	return o.value, o.err
}

// faultOf turns an error that crossed as {code, message, retryable} into ours.
func faultOf(v js.Value) error {
	code, message := v.Get("code"), v.Get("message")
	if code.Type() != js.TypeString || message.Type() != js.TypeString {
		return errs.New(errs.Internal, "a worker failed: "+v.Call("toString").String())
	}
	return &errs.Error{
		Code:      errs.Code(code.String()),
		Message:   message.String(),
		Retryable: v.Get("retryable").Truthy(),
	}
}

// InFlight counts the weight bytes that JavaScript holds on their way between network, store and GPU: now, and at most
// so far.
func HeldBytes() (held, peak int64) {
	client, err := Client()
	if err != nil {
		return 0, 0
	}
	return int64(client.Get("bytes").Float()), int64(client.Get("peakBytes").Float())
}
