package llama4

import (
	"context"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// tappedTower is a tower with ears: after each stage but the last it copies the residual stream.
type observedVision struct {
	model.VisionEncoder
	vision  *model.Vision
	network *observedEncoder
	out     *ops.Tensor // F32 [width, vectors] of the tile encoded last
}

// tappedEncoder is what a tapped tower binds.
type observedEncoder struct {
	*encoder
	states []*ops.Tensor // F32 [hidden, tokens], after each stage
}

// tapVision builds a tower on a backend.
func observeVision(t *testing.T, b ops.Backend, file []byte) *observedVision {
	t.Helper()
	tower := encoderOf(t, file)
	tapped := &observedVision{VisionEncoder: tower}
	var err error
	if tapped.vision, err = model.NewVision(t.Context(), b, tapped, upload(t, b, file)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tapped.vision.Close)
	if tapped.out, err = b.Alloc("vectors", quant.F32, tower.width, tower.vectors()); err != nil {
		t.Fatal(err)
	}
	return tapped
}

func (p *observedVision) Bind(w *model.Weights) model.VisionNetwork {
	p.network = &observedEncoder{encoder: p.VisionEncoder.Bind(w).(*encoder)}
	return p.network
}

// Prepare makes room for copies.
func (e *observedEncoder) Prepare(ctx context.Context, a *model.Arena) (in, out *ops.Tensor, err error) {
	for range len(e.w.blocks) + 1 {
		e.states = append(e.states, a.F32("copy", e.hidden, e.patches()+1))
	}
	return e.encoder.Prepare(ctx, a)
}

func (e *observedEncoder) Stages() []model.Stage {
	stages := e.encoder.Stages()
	for i, state := range e.states {
		stage := stages[i]
		stages[i] = func(o ops.Ops) {
			stage(o)
			o.GetRows(state, e.scratch.x, e.tokens)
		}
	}
	return stages
}
