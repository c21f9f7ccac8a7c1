package device

import (
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// hostErrors are the errors of package ops that the host reports by their codes.
var hostErrors = []*errs.Error{ops.ErrNoWebGPU, ops.ErrNoAdapter, ops.ErrDeviceLost, ops.ErrOutOfMemory}

// hostError returns the error of package ops that the host reported, with the host's message as its cause. Any other
// error of the host becomes one that says which call it refused. A context's error is returned as it is.
func hostError(err error, call string) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	cause := errors.New(e.Error())
	for _, known := range hostErrors {
		if known.Code == e.Code {
			return &errs.Error{Code: known.Code, Message: known.Message, Retryable: known.Retryable, Cause: cause}
		}
	}
	return Refused(call, cause)
}
