package ops

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/fault"
)

// Errors a backend returns. They are about the world, not about the caller.
var (
	ErrNoWebGPU = fault.New(fault.NoWebGPU,
		"this page has no WebGPU; open it over https, or on localhost, in a current Chrome, Edge, Firefox or Safari")
	ErrNoAdapter = fault.New(fault.NoAdapter,
		"the browser offers no GPU adapter; check that hardware acceleration is on and the graphics driver is current")
	ErrDeviceLost  = fault.New(fault.DeviceLost, "the GPU was reset or taken away; load the model again").Again()
	ErrOutOfMemory = fault.New(fault.OutOfMemory, "the GPU is out of memory; close other tabs or choose a smaller model")
)

// LimitError says which device limit is too small for a tensor, and by how much; sizes in bytes.
func LimitError(limit, tensor string, need, have int64) error {
	return fault.New(fault.LimitsTooSmall, fmt.Sprintf(
		"%s needs %d bytes, but this GPU's %s is %d: %d bytes too small; choose a smaller model or quantisation",
		tensor, need, limit, have, need-have))
}
