package llama4

import (
	"os"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
)

// multimodal is a text model and the vectors of the picture in a golden file's prompt, tile by tile.
type multimodal struct {
	*model.Model
	picture []model.Embeddings // At is a position of the prompt
}

// openMultimodal builds both on the CPU reference.
func openMultimodal(t *testing.T, name string, o model.Options) (*golden.File, multimodal) {
	t.Helper()
	g, file := openVision(t, name)
	text, err := os.ReadFile(goldens + "interleave1.gguf")
	if err != nil {
		t.Fatal(err)
	}
	b := ref.New()
	m := multimodal{Model: buildOn(t, b, familyOf(t, text), text, o)}
	v := observeVision(t, b, file)
	n := v.network
	p := pictureOf(t, g, n.visionEncoder)
	patches := patchesOf(t, text, g)
	if len(patches) != p.NumTiles()*n.vectors() {
		t.Fatalf("%d patch tokens for %d tiles of %d", len(patches), p.NumTiles(), n.vectors())
	}
	for tile := range p.NumTiles() {
		vectors, err := b.Alloc("vectors", quant.F32, n.width, n.vectors())
		if err == nil {
			err = v.vision.Encode(p, tile, vectors)
		}
		if err != nil {
			t.Fatal(err)
		}
		m.picture = append(m.picture, model.Embeddings{At: patches[tile*n.vectors()], Vectors: vectors})
	}
	return g, m
}

// patchesOf returns the positions of the patch tokens in a golden file's prompt.
func patchesOf(t *testing.T, text []byte, g *golden.File) (at []int) {
	t.Helper()
	names := header(t, text).Meta.Strings("tokenizer.ggml.tokens")
	for i, token := range g.Ints["tokens"].Data {
		if names.At(int(token)) == pieceTokens[image.Patches] {
			at = append(at, i)
		}
	}
	return at
}

// prefill computes tokens, the first at position m.Len(), and returns the logits of the last.
func (m multimodal) prefill(t *testing.T, tokens []int32) []float32 {
	t.Helper()
	var embeddings []model.Embeddings
	for _, e := range m.picture {
		embeddings = append(embeddings, model.Embeddings{At: e.At - m.Len(), Vectors: e.Vectors})
	}
	if err := m.Prefill(t.Context(), tokens, embeddings...); err != nil {
		t.Fatal(err)
	}
	return logits(t, m.Model)
}

// The batches end within tiles, between tiles, and after every token.
func TestLogitsAfterAPicture(t *testing.T) {
	for _, batchSize := range []int{0, 1, 3, 7, 16} {
		g, m := openMultimodal(t, "vision-tiny", model.Options{BatchSize: batchSize})
		tokens := g.Ints["tokens"].Data[:30]
		near(t, "logits after the prompt", m.prefill(t, tokens), g.Floats["logits"].Row(29), 1e-10)
	}
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	tokens := g.Ints["tokens"].Data
	for i := range len(tokens) - 1 {
		near(t, "logits token by token", m.prefill(t, tokens[i:i+1]), g.Floats["logits"].Row(i), 1e-10)
	}
}

func TestGreedyTokensAfterAPicture(t *testing.T) {
	for name, prompt := range map[string]int{"vision-tiny": 30, "vision-real": 160} {
		g, m := openMultimodal(t, name, model.Options{})
		tokens, kept := g.Ints["tokens"].Data, g.Floats["logits"]
		near(t, name, m.prefill(t, tokens[:prompt]), slab(kept, kept.Dims[1]-8), 1e-10)
		var got []int32
		for i := range 8 {
			got = append(got, next(t, m.Model))
			if i == 7 {
				break
			}
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
			near(t, name, logits(t, m.Model), slab(kept, kept.Dims[1]-7+i), 1e-10)
		}
		if !slices.Equal(got, tokens[prompt:]) {
			t.Errorf("%s: %v, want %v", name, got, tokens[prompt:])
		}
	}
}

// After a rewind into the middle of a tile, the other half of its vectors is computed again.
func TestRewindingIntoAPicture(t *testing.T) {
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	tokens := g.Ints["tokens"].Data[:30]
	m.prefill(t, tokens)
	for to := 1; to < 29; to++ {
		left := rewind(t, m.Model, to)
		near(t, "logits", m.prefill(t, tokens[left:]), g.Floats["logits"].Row(29), 1e-10)
	}
}

// Without the vectors, the patch tokens have their own embeddings.
func TestThePicturesVectorsChangeTheLogits(t *testing.T) {
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	got := prefill(t, m.Model, g.Ints["tokens"].Data[:30])
	if d := golden.Compare(got, g.Floats["logits"].Row(29)); d.NMSE < 1e-3 {
		t.Errorf("the logits without the picture equal those with it: %v", d)
	}
}
