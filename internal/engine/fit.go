package engine

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Fit checks that a device with limits l can hold each of the model's resident tensors, and in each buffer of slots the
// experts of one token, before anything is downloaded. Errors: limits_too_small.
func (p *Plan) Fit(l ops.Limits, o Options) error {
	y, err := p.place(l, o)
	if err != nil {
		return err
	}
	return checkLimits(p.residentTensors(y), l)
}

// checkLimits checks that a device with limits l can hold each of some tensors.
func checkLimits(tensors []gguf.Tensor, l ops.Limits) error {
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
