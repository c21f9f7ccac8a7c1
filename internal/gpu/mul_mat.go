package gpu

import "github.com/outrider-web/outrider/internal/ops"

// MulMat is not there yet.
func (b *Backend) MulMat(p ops.Product) { panic("gpu: no mul_mat yet") }
