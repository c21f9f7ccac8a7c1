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

// seeing is a text model and the vectors of the picture that a golden file's prompt holds, one insert a tile.
type multimodal struct {
	*model.Model
	inserts []model.Embeddings
}

// openSeeing builds both on the reference.
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
	e := v.network
	p := pictureOf(t, g, e.visionEncoder)
	patches := patchesOf(t, text, g)
	if len(patches) != p.NumTiles()*e.vectors() {
		t.Fatalf("%d patch tokens for %d tiles of %d", len(patches), p.NumTiles(), e.vectors())
	}
	for tile := range p.NumTiles() {
		vectors, err := b.Alloc("vectors", quant.F32, e.width, e.vectors())
		if err == nil {
			err = v.vision.Encode(p, tile, vectors)
		}
		if err != nil {
			t.Fatal(err)
		}
		m.inserts = append(m.inserts, model.Embeddings{At: patches[tile*e.vectors()], Vectors: vectors})
	}
	return g, m
}

// patchesOf is where the patch tokens of a golden file's prompt are.
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

// prefill computes a prompt from position m.Len() on and gives the last token's logits.
func (m multimodal) prefill(t *testing.T, tokens []int32) []float32 {
	t.Helper()
	var inserts []model.Embeddings
	for _, i := range m.inserts {
		inserts = append(inserts, model.Embeddings{At: i.At - m.Len(), Vectors: i.Vectors})
	}
	if err := m.Prefill(t.Context(), tokens, inserts...); err != nil {
		t.Fatal(err)
	}
	return logits(t, m.Model)
}

// The prompt is cut everywhere: through tiles, between them, token by token.
func TestLogitsAfterAPicture(t *testing.T) {
	for _, chunk := range []int{0, 1, 3, 7, 16} {
		g, m := openMultimodal(t, "vision-tiny", model.Options{BatchSize: chunk})
		tokens := g.Ints["tokens"].Data[:30]
		near(t, "logits after the prompt", m.prefill(t, tokens), g.Floats["logits"].Row(29), 1e-10)
	}
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	tokens := g.Ints["tokens"].Data
	for i := range len(tokens) - 1 {
		near(t, "logits one by one", m.prefill(t, tokens[i:i+1]), g.Floats["logits"].Row(i), 1e-10)
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

// A rewind into the middle of a tile computes its other half again.
func TestRewindingIntoAPicture(t *testing.T) {
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	tokens := g.Ints["tokens"].Data[:30]
	m.prefill(t, tokens)
	for to := 1; to < 29; to++ {
		left := rewind(t, m.Model, to)
		near(t, "logits", m.prefill(t, tokens[left:]), g.Floats["logits"].Row(29), 1e-10)
	}
}

// The tower's vectors matter: without them the patch tokens' own embeddings stand there.
func TestWithoutInsertsAPictureIsNotSeen(t *testing.T) {
	g, m := openMultimodal(t, "vision-tiny", model.Options{})
	got := prefill(t, m.Model, g.Ints["tokens"].Data[:30])
	if d := golden.Compare(got, g.Floats["logits"].Row(29)); d.NMSE < 1e-3 {
		t.Errorf("the logits without the picture are those with it: %v", d)
	}
}
