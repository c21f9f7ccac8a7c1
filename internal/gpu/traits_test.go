package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

// The kind of device chooses between kernels; those that this device does not choose must be right too.
func TestOpsMatchOnTheOtherKindOfDevice(t *testing.T) {
	optest.Run(t, func() ops.Backend {
		b := open(t)
		b.traits = traits{cpu: !b.traits.cpu, slowBarriers: !b.traits.slowBarriers}
		return b
	}, "mul_mat_vec", "mul_mat", "swiglu_vec", "attention_vec", "attention", "rms_norm", "layer_norm",
		"router", "group_tokens", "mul_mat_id")
}
