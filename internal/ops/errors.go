package ops

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Errors that backends return. Their causes are outside the program.
var (
	ErrNoWebGPU = errs.New(errs.NoWebGPU,
		"this page has no WebGPU; open it over https, or on localhost, in a current Chrome, Edge, Firefox or Safari")
	ErrNoAdapter = errs.New(errs.NoAdapter,
		"the browser offers no GPU adapter; check that hardware acceleration is on and the graphics driver is current")
	ErrDeviceLost  = errs.New(errs.DeviceLost, "the GPU was reset or taken away; load the model again")
	ErrOutOfMemory = errs.New(errs.OutOfMemory, "the GPU is out of memory; close other tabs or choose a smaller model")
)

// LimitError returns the error that a limit of the device is too small for a tensor; need and have are in bytes.
func LimitError(limit, tensor string, need, have int64) error {
	return errs.New(errs.LimitsTooSmall, fmt.Sprintf(
		"%s needs %d bytes, but this GPU's %s is %d: %d bytes too small; choose a smaller model or quantisation",
		tensor, need, limit, have, need-have))
}

// ShapeError reports a bug: an op was called with tensors that do not fit each other.
type ShapeError struct {
	Op   string // name of the op, "mul_mat_vec"
	Want string // what the op requires
	Got  []*Tensor
}

// Error returns the op's name, what it requires and the tensors it got.
func (e *ShapeError) Error() string { return fmt.Sprintf("%s: want %s, got %v", e.Op, e.Want, e.Got) }
