package llama4

import (
	"context"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// observedVision is a vision encoder that also copies the residual stream after each stage but the last.
type observedVision struct {
	model.VisionEncoder
	vision  *model.Vision
	network *observedNetwork
	out     *ops.Tensor // F32 [width, vectors] of the tile encoded last
}

// observedNetwork is the network of an observedVision.
type observedNetwork struct {
	*visionNetwork
	states []*ops.Tensor // F32 [hidden, tokens], after each stage
}

// observeVision builds a vision encoder on a backend.
func observeVision(t *testing.T, b ops.Backend, file []byte) *observedVision {
	t.Helper()
	encoder := encoderOf(t, file)
	observed := &observedVision{VisionEncoder: encoder}
	var err error
	if observed.vision, err = model.NewVision(t.Context(), b, observed, upload(t, b, file)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(observed.vision.Close)
	if observed.out, err = b.Alloc("vectors", quant.F32, encoder.width, encoder.vectors()); err != nil {
		t.Fatal(err)
	}
	return observed
}

func (v *observedVision) Bind(w *model.Weights) model.VisionNetwork {
	v.network = &observedNetwork{visionNetwork: v.VisionEncoder.Bind(w).(*visionNetwork)}
	return v.network
}

// Prepare also makes the tensors for the copies.
func (n *observedNetwork) Prepare(ctx context.Context, a *model.Arena) (in, out *ops.Tensor, err error) {
	for range len(n.weights.blocks) + 1 {
		n.states = append(n.states, a.F32("copy", n.hiddenSize, n.patches()+1))
	}
	return n.visionNetwork.Prepare(ctx, a)
}

func (n *observedNetwork) Stages() []model.Stage {
	stages := n.visionNetwork.Stages()
	for i, state := range n.states {
		stage := stages[i]
		stages[i] = func(o ops.Ops) {
			stage(o)
			o.GetRows(state, n.scratch.x, n.tokens)
		}
	}
	return stages
}
