package engine

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Fit checks that a device with limits l can hold each of the model's tensors, or of its stacks of experts as many slots
// as a token needs, before anything is downloaded. Errors: limits_too_small.
func (p *Plan) Fit(l ops.Limits, o Options) error {
	layout, err := p.placement(l, o)
	if err != nil {
		return err
	}
	return fit(p.residentTensors(layout), l)
}

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
