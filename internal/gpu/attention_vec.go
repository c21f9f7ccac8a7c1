package gpu

import "github.com/outrider-web/outrider/internal/ops"

// AttentionVec is not there yet.
func (b *Backend) AttentionVec(a ops.Attention) { panic("gpu: no attention_vec yet") }
