package gpu

import "github.com/outrider-web/outrider/internal/ops"

// Attention is not there yet.
func (b *Backend) Attention(a ops.Attention) { panic("gpu: no attention yet") }
