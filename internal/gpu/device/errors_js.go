package device

import (
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
)

// hostError returns the error of package ops that the host reported, with the host's message as its cause. Any other
// error of the host becomes one that says which call it refused. A context's error is returned as it is.
func hostError(err error, call string) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	cause := errors.New(e.Error())
	for _, known := range namedErrors {
		if known.Code == e.Code {
			return &errs.Error{Code: known.Code, Message: known.Message, Retryable: known.Retryable, Cause: cause}
		}
	}
	return Refused(call, cause)
}
