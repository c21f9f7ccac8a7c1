package jsbridge

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
)

// ErrorValue returns an error in the shape in which errors cross to JavaScript: {code, message, retryable}, as ErrorData in
// web/src/protocol.ts. The end of a context becomes the code aborted.
func ErrorValue(err error) map[string]any {
	if errors.Is(err, context.Canceled) {
		err = errs.New(errs.Aborted, "stopped").AsRetryable()
	}
	e := errs.Of(err)
	return map[string]any{"code": string(e.Code), "message": e.Error(), "retryable": e.Retryable}
}

// ErrorOf returns an error that came from JavaScript as an *errs.Error: a value of the shape {code, message, retryable}
// with its fields, anything else with the code internal and its text as the cause.
func ErrorOf(v js.Value) error {
	if v.Type() != js.TypeObject || v.Get("code").Type() != js.TypeString {
		return errs.Wrap(errs.Internal, "JavaScript failed", errors.New(js.Global().Call("String", v).String()))
	}
	return &errs.Error{
		Code:      errs.Code(v.Get("code").String()),
		Message:   v.Get("message").String(),
		Retryable: v.Get("retryable").Truthy(),
	}
}
