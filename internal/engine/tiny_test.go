package engine

import (
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

var weightTypes = quant.WeightTypes

// TestTinyModelsAgreeWithTheReference covers every weight type: the GPU's logits are the reference's, and so are its
// tokens.
func TestTinyModelsAgreeWithTheReference(t *testing.T) {
	device := onGPU(t)
	for _, typ := range weightTypes {
		t.Run(typ.String(), func(t *testing.T) { checkLogits(t, device, tiny.Llama{Seed: 1, Type: typ}.GGUF()) })
	}
	t.Run("tied, odd sizes, rope factors", func(t *testing.T) {
		checkLogits(t, device, tiny.Llama{Seed: 2, Type: quant.Q4_1, HiddenSize: 96, NumHeads: 5, NumKVHeads: 1, HeadDim: 32,
			FeedForward: 160, Tied: true, RopeFactors: true}.GGUF())
	})
}

// checkLogits compares the logits of a prompt and of each token of a greedy answer with the reference.
func checkLogits(t *testing.T, device ops.Backend, file []byte) {
	o := Options{Options: model.Options{CacheF32: true, BatchSize: 8}} // the prompt is longer than a batch
	want, wantTokens := greedySteps(t, open(t, ref.New(), file, o))
	got, tokens := greedySteps(t, open(t, device, file, o))
	if !slices.Equal(tokens, wantTokens) {
		t.Errorf("the tokens are %v, want %v", tokens, wantTokens)
	}
	for i := range want {
		if d := golden.Compare(got[i], want[i]); d.NMSE > 1e-6 {
			t.Errorf("step %d: %v", i, d)
		}
	}
}

// greedySteps returns the logits and the tokens of a short greedy answer.
func greedySteps(t *testing.T, e *Engine) (all [][]float32, tokens []int32) {
	t.Helper()
	if err := e.model.Prefill(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		x := logits(t, e)
		all, tokens = append(all, x), append(tokens, int32(slices.Index(x, slices.Max(x))))
		if err := e.model.Decode(); err != nil {
			t.Fatal(err)
		}
	}
	return all, tokens
}
