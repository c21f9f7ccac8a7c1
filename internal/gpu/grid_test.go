package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

// A grid beyond a device's limit in x continues in y. A small limit tests this without large tensors.
func TestOpsMatchTheReferenceWithGridsInTwoDimensions(t *testing.T) {
	defer func(limit int) { maxGridX = limit }(maxGridX)
	maxGridX = 40
	optest.Run(t, func() ops.Backend { return open(t) }, "mul_mat_vec", "swiglu_vec", "rope_kv")
}

func TestGrid2DCoversEveryWorkgroup(t *testing.T) {
	for _, n := range []int{1, 2, 65535, 65536, 131071, 10_000_000} {
		g := grid2D(n)
		if g[0] > maxWorkgroups || g[1] > maxWorkgroups || g[0]*g[1] < n || (g[0]-1)*g[1] >= n {
			t.Errorf("grid2D(%d) = %v", n, g)
		}
	}
}
