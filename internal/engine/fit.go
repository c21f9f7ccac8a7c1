package engine

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Fit checks that a device with limits l can hold each of the model's tensors, before anything is downloaded. Errors:
// limits_too_small.
func (p *Plan) Fit(l ops.Limits) error { return fit(p.file.Tensors, l) }

func fit(tensors []gguf.Tensor, l ops.Limits) error {
	for _, t := range tensors {
		switch {
		case t.Size > l.MaxBinding:
			return ops.LimitError("largest tensor (maxStorageBufferBindingSize)", t.Name, t.Size, l.MaxBinding)
		case t.Size > l.MaxBuffer:
			return ops.LimitError("largest buffer (maxBufferSize)", t.Name, t.Size, l.MaxBuffer)
		}
	}
	return nil
}
