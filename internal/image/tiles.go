package image

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Tiles are a picture cut up: the grid's tiles row by row, then the global view, each Tile × Tile pixels.
type Tiles struct {
	Layout Layout
	pix    []byte // tile after tile, RGB; the padding is black
}

// NewTiles makes the tiles of a picture laid out as l, all black.
func NewTiles(l Layout) *Tiles {
	t := &Tiles{Layout: l}
	t.pix = make([]byte, l.Tiles()*t.bytes())
	return t
}

// CutTiles takes tiles that were cut elsewhere, of a picture of width × height pixels cut for g: pix is what Bytes
// gives there. The tiles keep pix. Errors: bad_image.
func TilesFrom(g Geometry, width, height int, pix []byte) (*Tiles, error) {
	t := &Tiles{Layout: g.Layout(width, height), pix: pix}
	if want := t.Len() * t.bytes(); len(pix) != want {
		return nil, errs.New(errs.BadImage, fmt.Sprintf(
			"a picture of %d×%d pixels came as %d bytes of tiles, not %d; attach it again", width, height, len(pix), want))
	}
	return t, nil
}

func (t *Tiles) bytes() int { return 3 * t.Layout.TileSize * t.Layout.TileSize }

// Bytes is all tiles, one after the other; the tiles keep the memory.
func (t *Tiles) Bytes() []byte { return t.pix }

// Len is the number of tiles.
func (t *Tiles) Len() int { return t.Layout.Tiles() }

// Pixels is tile i as 8-bit RGB, 3 bytes a pixel, rows from the top. The tiles keep the memory.
func (t *Tiles) Pixels(i int) []byte { return t.pix[i*t.bytes():][:t.bytes()] }

// Planes writes tile i to dst as the tower wants it: [Tile, Tile, 3] with x fastest and the colour slowest, scaled
// to [-1, 1] (docs/spec/llama4.md §4.6). dst holds 3·Tile² numbers.
func (t *Tiles) Planes(dst []float32, i int) {
	n := t.Layout.TileSize * t.Layout.TileSize
	r, g, b := dst[:n], dst[n:2*n], dst[2*n:3*n]
	pix := t.Pixels(i)
	for j := range n {
		r[j], g[j], b[j] = unit[pix[3*j]], unit[pix[3*j+1]], unit[pix[3*j+2]]
	}
}

// unit maps a byte to (v/255 - 0.5) / 0.5 in float32.
var unit = func() (u [256]float32) {
	for v := range u {
		u[v] = (float32(v)/255 - 0.5) / 0.5
	}
	return u
}()
