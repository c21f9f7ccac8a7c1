package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

// The kind of device decides between kernels. This tests the kernels that are not used on this device.
func TestOpsMatchTheReferenceOnTheOtherKindOfDevice(t *testing.T) {
	optest.Run(t, func() ops.Backend {
		b := open(t)
		b.kind = device.Kind{CPU: !b.kind.CPU, SlowBarriers: !b.kind.SlowBarriers}
		return b
	}, "mul_mat_vec", "mul_mat", "swiglu_vec", "attention_vec", "attention", "rms_norm", "layer_norm",
		"router", "group_tokens", "mul_mat_id")
}
