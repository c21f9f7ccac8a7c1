package image

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
)

// The worked layouts of docs/spec/llama4.md §4.7.
func TestPieces(t *testing.T) {
	for _, c := range []struct {
		rows, cols, tokens int
		want               []Piece
	}{
		{1, 1, 147, []Piece{Start, GlobalImage, Patches, End}},
		{1, 3, 582, []Piece{Start, Patches, TileX, Patches, TileX, Patches, TileY, GlobalImage, Patches, End}},
		{2, 2, 727, []Piece{Start, Patches, TileX, Patches, TileY, Patches, TileX, Patches, TileY, GlobalImage, Patches,
			End}},
	} {
		l := Layout{Geometry: Llama4, Rows: c.rows, Cols: c.cols}
		if got := l.Pieces(); !slices.Equal(got, c.want) {
			t.Errorf("%d×%d: %v, want %v", c.rows, c.cols, got, c.want)
		}
		if got := l.Tokens(144); got != c.tokens {
			t.Errorf("%d×%d: %d tokens, want %d", c.rows, c.cols, got, c.tokens)
		}
	}
}

func TestPlanesAreScaledAndSeparatedByColour(t *testing.T) {
	tiles, err := TilesFrom(Geometry{TileSize: 4, MaxTiles: 4}, 1, 1, bytes.Repeat([]byte{0, 255, 51}, 16))
	if err != nil {
		t.Fatal(err)
	}
	planes := make([]float32, 3*4*4)
	tiles.Planes(planes, 0)
	for i, v := range planes {
		if want := []float32{-1, 1, -0.6}[i/16]; math.Abs(float64(v-want)) > 1e-6 {
			t.Fatalf("value %d is %v, want %v", i, v, want)
		}
	}
}

func TestTilesFromRequiresTheLengthOfTheLayout(t *testing.T) {
	pix := make([]byte, 3*4*4*3) // two tiles and the global one
	tiles, err := TilesFrom(Geometry{TileSize: 4, MaxTiles: 4}, 8, 4, pix)
	if err != nil || tiles.Len() != 3 || !bytes.Equal(tiles.Bytes(), pix) {
		t.Errorf("%v, %v", tiles, err)
	}
	if _, err := TilesFrom(Geometry{TileSize: 4, MaxTiles: 4}, 8, 4, pix[1:]); !errors.Is(err, errs.New(errs.BadImage,
		"")) {
		t.Errorf("one byte short: %v", err)
	}
}

func TestLayoutsEqualTheReference(t *testing.T) {
	for _, name := range []string{"layouts-spec.txt", "layouts-random.txt"} {
		n := 0
		for line := range strings.Lines(layoutFile(t, name)) {
			var w, h int
			if _, err := fmt.Sscan(line, &w, &h); err != nil {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
			l := Llama4.Layout(w, h)
			got := fmt.Sprintln(w, h, l.Rows, l.Cols, l.Width, l.Height, l.Tokens(144))
			if got != line {
				t.Errorf("%s: got %q, want %q", name, got, line)
			}
			n++
		}
		if n < 20 {
			t.Errorf("%s has only %d sizes", name, n)
		}
	}
}

func layoutFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata/golden/image", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
