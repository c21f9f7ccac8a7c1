package jsbridge

import (
	"context"
	"errors"
	"syscall/js"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/wire"
)

// ErrorValue returns an error as a tree of wire.ErrorData. The end of a context becomes the code aborted.
func ErrorValue(err error) any {
	if errors.Is(err, context.Canceled) {
		err = errs.New(errs.Aborted, "stopped")
	}
	e := errs.Of(err)
	return wire.Tree(wire.ErrorData{
		Code: string(e.Code), Message: e.Error(), Retryable: e.Retryable,
		RetryAfter: float64(e.RetryAfter.Milliseconds()),
	})
}

// ErrorOf returns an error that came from JavaScript as an *errs.Error: a value of the shape {code, message, retryable}
// with its fields, anything else with the code internal and its text as the cause.
func ErrorOf(v js.Value) error {
	if v.Type() != js.TypeObject || v.Get("code").Type() != js.TypeString {
		return errs.Wrap(errs.Internal, "JavaScript failed", errors.New(js.Global().Call("String", v).String()))
	}
	e := &errs.Error{Code: errs.Code(v.Get("code").String()), Retryable: v.Get("retryable").Truthy()}
	if message := v.Get("message"); message.Type() == js.TypeString { // of an Error it is not enumerable
		e.Message = message.String()
	}
	if retryAfter := v.Get("retryAfter"); retryAfter.Type() == js.TypeNumber {
		e.RetryAfter = time.Duration(retryAfter.Float()) * time.Millisecond
	}
	return e
}
