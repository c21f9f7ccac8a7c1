package llama4

import (
	"fmt"
	"os"
	"testing"

	"github.com/outrider-web/outrider/internal/image/decode"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
)

// openVision returns a golden file and the vision file that it was computed with.
func openVision(t *testing.T, name string) (*golden.File, []byte) {
	t.Helper()
	g, err := golden.Open(goldens + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(goldens + name + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	return g, file
}

func encoderOf(t *testing.T, file []byte) *visionEncoder {
	t.Helper()
	read, err := model.ReadVisionEncoder(header(t, file).Meta)
	if err != nil {
		t.Fatal(err)
	}
	return read.(*visionEncoder)
}

// pixels is a picture whose tiles [tile, tile, 3] are in a golden file.
type pixels struct {
	*visionEncoder
	tiles golden.Array[float32]
}

func (p pixels) NumTiles() int             { return p.tiles.Dims[3] }
func (p pixels) TileInput(i int) []float32 { return p.unfold(slab(p.tiles, i)) }
func (p pixels) PromptTokens() []string    { panic("not used") }

// slab returns the numbers of an array whose last index is i.
func slab(a golden.Array[float32], i int) []float32 {
	size := len(a.Data) / a.Dims[len(a.Dims)-1]
	return a.Data[i*size : (i+1)*size]
}

// pictureOf returns the picture of a golden file.
func pictureOf(t *testing.T, g *golden.File, encoder *visionEncoder) model.Picture {
	t.Helper()
	if tiles, ok := g.Floats["pixels"]; ok {
		return pixels{encoder, tiles}
	}
	return cutFile(t, encoder, goldens+g.Notes["picture"])
}

// cutFile cuts a picture file for an encoder.
func cutFile(t *testing.T, encoder *visionEncoder, path string) model.Picture {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := decode.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := encoder.NewPicture(decoded.Tiles(encoder.geometry))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each golden file has what Hugging Face transformers computes in float64. The errors are near 1e-14, because the
// reference rounds to float32 between ops.
func TestVectorsEqualTheGoldenOnes(t *testing.T) {
	const limit = 1e-12
	for _, name := range []string{"vision-tiny", "vision-real"} {
		g, file := openVision(t, name)
		v := observeVision(t, ref.New(), file)
		n := v.network
		p := pictureOf(t, g, n.visionEncoder)
		for tile := range p.NumTiles() {
			if err := v.vision.Encode(p, tile, v.out); err != nil {
				t.Fatal(err)
			}
			check := func(what string, got []float32) {
				t.Helper()
				near(t, fmt.Sprintf("%s tile %d: %s", name, tile, what), got, slab(g.Floats[what], tile), limit)
			}
			for i, state := range n.states {
				check(fmt.Sprint("state", i), rows(floats(t, state), n.hiddenSize, g.Ints["rows"].Data))
			}
			shuffled := floats(t, n.scratch.shuffled)
			check("shuffled", shuffled[:len(slab(g.Floats["shuffled"], tile))])
			check("adapted", floats(t, n.scratch.adapted[1]))
			check("projected", floats(t, v.out))
		}
	}
}

// rows returns the rows of x, of a width, that a golden file has; kept nil stands for all.
func rows(x []float32, width int, kept []int32) (some []float32) {
	if kept == nil {
		return x
	}
	for _, r := range kept {
		some = append(some, x[int(r)*width:][:width]...)
	}
	return some
}
