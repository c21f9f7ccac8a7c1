package decode

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
)

// The check values of docs/spec/llama4.md §4.4.
func TestTriangleWeights(t *testing.T) {
	for _, c := range []struct {
		in, out, i, first int
		want              []float64
	}{
		{4, 2, 0, 0, []float64{.428571, .428571, .142857}},
		{4, 2, 1, 1, []float64{.142857, .428571, .428571}},
		{8, 3, 0, 0, []float64{.289474, .394737, .236842, .078947}},
		{8, 3, 1, 1, []float64{.023810, .166667, .309524, .309524, .166667, .023810}},
		{8, 3, 2, 4, []float64{.078947, .236842, .394737, .289474}},
		{4, 7, 1, 0, []float64{.642857, .357143}},
		{4, 7, 3, 1, []float64{.5, .5}},
	} {
		a := newAxis(c.in, c.out)
		got := a.weightsOf(c.i)
		if a.first[c.i] != c.first || len(got) != len(c.want) {
			t.Errorf("%d→%d output %d: %v from %d, want %v from %d", c.in, c.out, c.i, got, a.first[c.i], c.want, c.first)
			continue
		}
		for j, w := range got {
			if math.Abs(float64(w)/(1<<weightBits)-c.want[j]) > 1e-6 {
				t.Errorf("%d→%d output %d weight %d: %v, want %v", c.in, c.out, c.i, j, float64(w)/(1<<weightBits), c.want[j])
			}
		}
	}
}

func TestPaddingIsBlack(t *testing.T) {
	p, err := FromRGBA(bytes.Repeat([]byte{255}, 4*8*4), 8, 4)
	if err != nil {
		t.Fatal(err)
	}
	tile := p.Tiles(image.Geometry{TileSize: 16, MaxTiles: 1}).Pixels(0) // 16×8 of 16×16
	if i := slices.Index(tile, 0); i != 3*16*8 {
		t.Errorf("the padding begins at byte %d", i)
	}
}

// FuzzTiles splits pictures of one colour and of any shape. The tiles must have that colour up to the border of the
// picture, black beyond it, and the global tile must have no padding.
func FuzzTiles(f *testing.F) {
	for _, s := range [][2]uint16{{1, 1}, {1, 900}, {900, 1}, {33, 32}, {640, 480}, {1999, 3}} {
		f.Add(s[0], s[1], uint8(16), uint8(16))
	}
	f.Add(uint16(100), uint16(100), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, w, h uint16, tile, maxTiles uint8) {
		if w == 0 || h == 0 || tile == 0 || maxTiles == 0 || int(w)*int(h) > 1<<18 {
			t.Skip()
		}
		g := image.Geometry{TileSize: int(tile%48) + 1, MaxTiles: int(maxTiles%16) + 1}
		flat := func(dst []byte, x0, x1, y int) {
			for i := range dst[:3*(x1-x0)] {
				dst[i] = 200
			}
		}
		tiles := newPicture(flat, int(w), int(h), orientation{transposed: w%2 == 1}).Tiles(g)
		l := tiles.Layout
		if l.Rows*l.Cols > g.MaxTiles || l.Width > l.Cols*g.TileSize || l.Height > l.Rows*g.TileSize || l.Width < 1 ||
			l.Height < 1 {
			t.Fatalf("layout %+v", l)
		}
		for i := range tiles.Len() {
			checkFlat(t, tiles, i)
		}
	})
}

// checkFlat checks that the bytes of tile i are 200 inside the picture and 0 in the padding.
func checkFlat(t *testing.T, tiles *image.Tiles, i int) {
	l := tiles.Layout
	for j, v := range tiles.Pixels(i) {
		x, y := j/3%l.TileSize+i%l.Cols*l.TileSize, j/3/l.TileSize+i/l.Cols*l.TileSize
		want := byte(0)
		if x < l.Width && y < l.Height || i == l.Rows*l.Cols {
			want = 200
		}
		if v != want {
			t.Fatalf("%+v: tile %d byte %d is %d, want %d", l, i, j, v, want)
		}
	}
}
