package ops

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Errors a backend returns. They are about the world, not about the caller.
var (
	ErrNoWebGPU = errs.New(errs.NoWebGPU,
		"this page has no WebGPU; open it over https, or on localhost, in a current Chrome, Edge, Firefox or Safari")
	ErrNoAdapter = errs.New(errs.NoAdapter,
		"the browser offers no GPU adapter; check that hardware acceleration is on and the graphics driver is current")
	ErrDeviceLost  = errs.New(errs.DeviceLost, "the GPU was reset or taken away; load the model again").AsRetryable()
	ErrOutOfMemory = errs.New(errs.OutOfMemory, "the GPU is out of memory; close other tabs or choose a smaller model")
)

// LimitError says which device limit is too small for a tensor, and by how much; sizes in bytes.
func LimitError(limit, tensor string, need, have int64) error {
	return errs.New(errs.LimitsTooSmall, fmt.Sprintf(
		"%s needs %d bytes, but this GPU's %s is %d: %d bytes too small; choose a smaller model or quantisation",
		tensor, need, limit, have, need-have))
}
