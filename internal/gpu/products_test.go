package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/optest"
)

// The device chooses how a product's lanes share the work; whichever it is, the other way must be right too.
func TestProductsMatchWithLanesTheOtherWay(t *testing.T) {
	optest.Run(t, func() ops.Backend {
		b := open(t)
		b.laneAlone = !b.laneAlone
		return b
	}, "mul_mat_vec", "mul_mat", "swiglu_vec")
}
