package gpu

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// The error of erf's polynomials is below 2e-7 where erf is not yet ±1 and beyond, without the rounding of gelu itself.
func TestGeluIsAccurateOnADenseGrid(t *testing.T) {
	const n = 1 << 17
	b := open(t)
	defer b.Close()
	x, err := b.Alloc("x", quant.F32, 256, n/256)
	if err != nil {
		t.Fatal(err)
	}
	grid := make([]float32, n)
	data := make([]byte, 0, 4*n)
	for i := range grid {
		grid[i] = 16*float32(i)/n - 8
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(grid[i]))
	}
	if err := b.Write(x, 0, data); err != nil {
		t.Fatal(err)
	}
	b.Gelu(x)
	if data, err = ops.Read(t.Context(), b, x, 0, len(data)); err != nil {
		t.Fatal(err)
	}
	worst, at := 0.0, float32(0)
	for i, z := range grid {
		got := float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		half := float64(z) / 2
		want := half * (1 + math.Erf(float64(z)/math.Sqrt2))
		rounding := math.Abs(want) * 0x1p-23 // of the sum 1 + erf and of the product, half a unit each
		if off := (math.Abs(got-want) - rounding) / math.Abs(half); off > worst {
			worst, at = off, z
		}
	}
	t.Logf("erf is off by at most %.3g, at %v/√2", worst, at)
	if worst >= 2e-7 {
		t.Errorf("erf is off by %.3g at %v/√2, want less than 2e-7", worst, at)
	}
}
