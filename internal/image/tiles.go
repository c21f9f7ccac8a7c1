package image

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Tiles are the tiles of a picture: those of the grid row by row, then the global tile, each TileSize × TileSize
// pixels.
type Tiles struct {
	Layout Layout
	pix    []byte // RGB, one tile after the other; the padding is black
}

// NewTiles returns the tiles of a picture with the layout l, all black.
func NewTiles(l Layout) *Tiles {
	t := &Tiles{Layout: l}
	t.pix = make([]byte, l.Tiles()*t.bytes())
	return t
}

// TilesFrom returns the tiles of a picture of width × height pixels that was split for g somewhere else, where Bytes
// returned pix. The tiles share memory with pix. Errors: bad_image.
func TilesFrom(g Geometry, width, height int, pix []byte) (*Tiles, error) {
	t := &Tiles{Layout: g.Layout(width, height), pix: pix}
	if want := t.Len() * t.bytes(); len(pix) != want {
		return nil, errs.New(errs.BadImage, fmt.Sprintf(
			"a picture of %d×%d pixels has %d bytes of tiles instead of %d; attach it again", width, height, len(pix), want))
	}
	return t, nil
}

// bytes returns the length of one tile.
func (t *Tiles) bytes() int { return 3 * t.Layout.TileSize * t.Layout.TileSize }

// Bytes returns all tiles, one after the other. The slice shares memory with the tiles.
func (t *Tiles) Bytes() []byte { return t.pix }

// Len returns the number of tiles.
func (t *Tiles) Len() int { return t.Layout.Tiles() }

// Pixels returns tile i as 8-bit RGB, 3 bytes a pixel, rows from the top. The slice shares memory with the tiles.
func (t *Tiles) Pixels(i int) []byte { return t.pix[i*t.bytes():][:t.bytes()] }

// Planes writes tile i to dst as the input of the vision encoder: [TileSize, TileSize, 3], with x fastest and the
// colour slowest, scaled to [-1, 1] (docs/spec/llama4.md §4.6). dst has 3·TileSize² elements.
func (t *Tiles) Planes(dst []float32, i int) {
	n := t.Layout.TileSize * t.Layout.TileSize
	r, g, b := dst[:n], dst[n:2*n], dst[2*n:3*n]
	pix := t.Pixels(i)
	for j := range n {
		r[j], g[j], b[j] = normalised[pix[3*j]], normalised[pix[3*j+1]], normalised[pix[3*j+2]]
	}
}

// normalised maps a byte v to (v/255 - 0.5) / 0.5 in float32.
var normalised = func() (u [256]float32) {
	for v := range u {
		u[v] = (float32(v)/255 - 0.5) / 0.5
	}
	return u
}()
