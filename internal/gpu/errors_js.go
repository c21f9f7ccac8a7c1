package gpu

import (
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// deviceErrors are the errors of package ops that the host reports by their codes.
var deviceErrors = []*errs.Error{ops.ErrNoWebGPU, ops.ErrNoAdapter, ops.ErrDeviceLost, ops.ErrOutOfMemory}

// deviceError returns the error of package ops that the host reported, with the host's message as its cause; for any other
// error of the host, one that says what the device was asked for, which is label. The end of a context stays what it is.
func deviceError(err error, label string) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	cause := errors.New(e.Error())
	for _, known := range deviceErrors {
		if known.Code == e.Code {
			return &errs.Error{Code: known.Code, Message: known.Message, Retryable: known.Retryable, Cause: cause}
		}
	}
	return broken(label, cause)
}
