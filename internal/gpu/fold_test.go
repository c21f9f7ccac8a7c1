package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

// Grids beyond a device's limit are folded; a small limit shows it without large tensors.
func TestOpsMatchWithFoldedGrids(t *testing.T) {
	defer func(most int) { foldAt = most }(foldAt)
	foldAt = 40
	optest.Run(t, func() ops.Backend { return open(t) }, "mul_mat_vec", "swiglu_vec", "rope_kv")
}
