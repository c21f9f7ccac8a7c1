package gpu

import "github.com/outrider-web/outrider/internal/ops"

// MulMatVec is not there yet.
func (b *Backend) MulMatVec(p ops.Product) { panic("gpu: no mul_mat_vec yet") }
