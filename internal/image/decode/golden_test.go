package decode

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
)

const goldenDir = "../../../testdata/golden/image"

// goldenInputs maps each golden file with the given ending to the picture it was made from.
func goldenInputs(t *testing.T, ending string) map[string]string {
	t.Helper()
	wanted, err := filepath.Glob(filepath.Join(goldenDir, "*"+ending))
	if err != nil || len(wanted) == 0 {
		t.Fatalf("no golden files *%s in %s (%v)", ending, goldenDir, err)
	}
	inputs := map[string]string{}
	for _, file := range wanted {
		name := strings.TrimSuffix(file, ending)
		for _, suffix := range []string{".png", ".jpg", ".webp", ".gif", ".bmp", ".tiff"} {
			if _, err := os.Stat(name + suffix); err == nil {
				inputs[file] = name + suffix
			}
		}
	}
	if len(inputs) != len(wanted) {
		t.Fatalf("%d golden files *%s but %d inputs", len(wanted), ending, len(inputs))
	}
	return inputs
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rgbOf reads a golden PNG as 8-bit RGB without the code under test.
func rgbOf(t *testing.T, name string) (pix []byte, width, height int) {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(readFile(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, _ := m.At(x, y).RGBA()
			pix = append(pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return pix, m.Bounds().Dx(), m.Bounds().Dy()
}

// difference returns the largest difference of two pictures and the fraction of equal values.
func difference(t *testing.T, got, want []byte) (worst int, equal float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	same := 0
	for i := range got {
		d := max(int(got[i])-int(want[i]), int(want[i])-int(got[i]))
		worst = max(worst, d)
		if d == 0 {
			same++
		}
	}
	return worst, float64(same) / float64(len(got))
}

func decodeFile(t testing.TB, name string) *Picture {
	t.Helper()
	p, err := FromFile(readFile(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// Every byte is equal for pictures that are stored without loss.
func TestTilesEqualTheReference(t *testing.T) {
	for golden, input := range goldenInputs(t, ".tiles.png") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			tiles := decodeFile(t, input).Tiles(image.Llama4)
			want, _, height := rgbOf(t, golden)
			if tiles.Len()*image.Llama4.TileSize != height {
				t.Fatalf("%d tiles, want %d", tiles.Len(), height/image.Llama4.TileSize)
			}
			var got []byte
			for i := range tiles.Len() {
				got = append(got, tiles.Pixels(i)...)
			}
			if worst, equal := difference(t, got, want); worst > 0 {
				t.Errorf("worst difference %d, %.4f %% equal", worst, 100*equal)
			}
		})
	}
}

// lossyLimit returns the allowed largest difference and the required fraction of equal values for a lossy format.
// JPEG does not prescribe the last bit of the inverse DCT.
func lossyLimit(name string) (worst int, equal float64) {
	switch {
	case strings.HasPrefix(name, "webp-"):
		return 0, 1 // the format prescribes every bit
	}
	return 3, 0.90
}

func TestLossyPicturesAreNearTheReference(t *testing.T) {
	for golden, input := range goldenInputs(t, ".decoded.png") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			p := decodeFile(t, input)
			want, w, h := rgbOf(t, golden)
			if p.Width != w || p.Height != h {
				t.Fatalf("%d×%d, want %d×%d", p.Width, p.Height, w, h)
			}
			worst, equal := difference(t, pixelsOf(p), want)
			maxWorst, minEqual := lossyLimit(filepath.Base(input))
			t.Logf("worst difference %d, %.2f %% equal", worst, 100*equal)
			if worst > maxWorst || equal < minEqual {
				t.Errorf("worst difference %d (limit %d), %.2f %% equal (limit %.2f %%)", worst, maxWorst, 100*equal, 100*minEqual)
			}
		})
	}
}

func pixelsOf(p *Picture) (pix []byte) {
	p.rows(func(row []byte) { pix = append(pix, row...) })
	return pix
}
