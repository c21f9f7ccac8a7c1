package gpu

import "github.com/outrider-web/outrider/internal/ops"

// SwigluVec is not there yet.
func (b *Backend) SwigluVec(dst, x, gate, up *ops.Tensor) { panic("gpu: no swiglu_vec yet") }
