package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/optest"
)

// The kind of device chooses how a product is made; the other ways must be right too.
func TestProductsMatchOnTheOtherKindOfDevice(t *testing.T) {
	optest.Run(t, func() ops.Backend {
		b := open(t)
		b.traits = traits{cpu: !b.traits.cpu, slowBarriers: !b.traits.slowBarriers}
		return b
	}, "mul_mat_vec", "mul_mat", "swiglu_vec")
}
