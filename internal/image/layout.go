// Package image holds what a vision tower eats: a picture cut into square tiles of 8-bit RGB, where they lie, and their
// numbers scaled to [-1, 1] (docs/spec/llama4.md §4). It knows grids and pixels; it refuses to know file formats, which are
// the business of internal/image/decode, models, token ids and browsers.
package image

// Geometry is what a model says about its tiles.
type Geometry struct {
	TileSize int // side of a tile in pixels
	MaxTiles int // most tiles a picture is cut into, the global one not counted
}

// Llama4 is the geometry of Scout and Maverick.
var Llama4 = Geometry{TileSize: 336, MaxTiles: 16}

// Layout is where a picture goes: resized to Width × Height and laid into the top-left corner of Rows × Cols tiles.
type Layout struct {
	Geometry
	Rows, Cols    int
	Width, Height int
}

// Layout chooses grid and size for a picture of w × h pixels, both at least 1 (docs/spec/llama4.md §4.2–4.4).
func (g Geometry) Layout(w, h int) Layout {
	l := Layout{Geometry: g}
	l.Rows, l.Cols = g.grid(w, h)
	l.Width, l.Height = fit(w, h, min(max(w, g.TileSize), g.TileSize*l.Cols), min(max(h, g.TileSize), g.TileSize*l.Rows))
	return l
}

// grid picks the canvas that enlarges least, or else shrinks least. Of equals the reference takes the smallest area,
// which here comes first: equal scales share the side that limits them, and the other side grows. The reference
// compares float32 quotients, and so does this.
func (g Geometry) grid(w, h int) (rows, cols int) {
	var best float32
	for r := 1; r <= g.MaxTiles; r++ {
		for c := 1; r*c <= g.MaxTiles; c++ {
			scale := min(float32(g.TileSize*c)/float32(w), float32(g.TileSize*r)/float32(h))
			if better(scale, best) {
				best, rows, cols = scale, r, c
			}
		}
	}
	return rows, cols
}

// better prefers a scale of at least 1 to one below, the smaller of two that enlarge, the larger of two that shrink.
func better(a, b float32) bool {
	if a >= 1 && b >= 1 {
		return a < b
	}
	return a > b
}

// fit scales w × h into tw × th, keeping its aspect. In float64 and not in integers: the floor sometimes loses a
// pixel, in the reference too.
func fit(w, h, tw, th int) (int, int) {
	sx, sy := float64(tw)/float64(w), float64(th)/float64(h)
	if sx < sy {
		return tw, max(min(int(float64(h)*sx), th), 1)
	}
	return max(min(int(float64(w)*sy), tw), 1), th
}

// Tiles is the number of tiles the vision tower sees: the grid and, unless it is a single tile, the global view.
func (l Layout) Tiles() int {
	if n := l.Rows * l.Cols; n > 1 {
		return n + 1
	}
	return 1
}

// Piece is one item of a picture in the prompt; the model knows which token each is.
type Piece uint8

// The pieces of docs/spec/llama4.md §4.7.
const (
	Start       Piece = iota // <|image_start|>
	Patches                  // the next tile: its run of <|patch|>
	TileX                    // <|tile_x_separator|>, between the tiles of a row
	TileY                    // <|tile_y_separator|>, after every row
	GlobalImage              // <|image|>, before the global tile or the only one
	End                      // <|image_end|>
)

// Pieces lists the picture's pieces in prompt order; Patches occurs Tiles() times, in the tiles' order.
func (l Layout) Pieces() []Piece {
	pieces := []Piece{Start}
	if l.Tiles() > 1 {
		for range l.Rows {
			pieces = append(pieces, Patches)
			for range l.Cols - 1 {
				pieces = append(pieces, TileX, Patches)
			}
			pieces = append(pieces, TileY)
		}
	}
	return append(pieces, GlobalImage, Patches, End)
}

// Tokens is the picture's length in the prompt when a tile takes perTile tokens.
func (l Layout) Tokens(perTile int) int {
	return len(l.Pieces()) + l.Tiles()*(perTile-1)
}
