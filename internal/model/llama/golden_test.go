package llama

import (
	"os"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/testing/golden"
)

// The golden file has what Hugging Face transformers computes in float32 on the same weights
// (testdata/golden/smollm2/make.py). The prompt's logits and those after one more token are compared.
func TestLogitsOfSmolLM2EqualTheGoldenOnes(t *testing.T) {
	file, err := os.ReadFile("../../../models/cache/SmolLM2-135M-Instruct.Q4_1.gguf")
	if err != nil {
		t.Fatalf("%v; run `make models` to fetch it", err)
	}
	g, err := golden.Open("../../../testdata/golden/smollm2/france.golden")
	if err != nil {
		t.Fatal(err)
	}
	m := build(t, file, model.Options{CacheF32: true, Context: 64})
	stride := int(g.Ints["stride"].Data[0])
	for step, tokens := range [][]int32{g.Ints["tokens"].Data, g.Ints["continuation"].Data[:1]} {
		got := slices.Collect(every(prefill(t, m, tokens), stride))
		near(t, "logits", got, g.Floats["logits"].Row(step), 1e-10)
	}
}

// every yields one of each stride elements.
func every(x []float32, stride int) func(yield func(float32) bool) {
	return func(yield func(float32) bool) {
		for i := 0; i < len(x) && yield(x[i]); i += stride {
		}
	}
}
