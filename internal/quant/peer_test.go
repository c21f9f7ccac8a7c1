package quant

import (
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"
)

// peerBlocks has the blocks that llama.cpp makes of a few rows, and the weights that it reads from them. They are not
// part of the repository.
const peerBlocks = "../../../shared/data/quant-blocks/"

func TestDequantizeAgreesWithBlocksOfLlamaCpp(t *testing.T) {
	if _, err := os.Stat(peerBlocks); err != nil {
		t.Skip("the blocks are not here")
	}
	for _, typ := range WeightTypes[3:] {
		t.Run(typ.String(), func(t *testing.T) {
			name := peerBlocks + strings.ToLower(typ.String())
			blocks, want := mustRead(t, name+".bin"), floatsOf(mustRead(t, name+".f32"))
			got := make([]float32, len(want))
			Dequantize(typ, got, blocks)
			for i := range want {
				if ulps := int64(math.Float32bits(got[i])) - int64(math.Float32bits(want[i])); ulps < -1 || ulps > 1 {
					t.Fatalf("weight %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func floatsOf(b []byte) []float32 {
	w := make([]float32, len(b)/4)
	for i := range w {
		w[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return w
}
