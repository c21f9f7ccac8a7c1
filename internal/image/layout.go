// Package image has the input of the vision encoder: a picture split into square tiles of 8-bit RGB, the grid they
// form, and their values scaled to [-1, 1] (docs/spec/llama4.md §4). It knows grids and pixels. File formats are left
// to package decode; models, token ids and browsers are not known here.
package image

// Geometry is what a model requires of the tiles of a picture.
type Geometry struct {
	TileSize int // side of a tile in pixels
	MaxTiles int // maximum number of tiles in the grid of a picture; the global tile is not counted
}

// Llama4 is the geometry of Scout and Maverick.
var Llama4 = Geometry{TileSize: 336, MaxTiles: 16}

// Layout is the layout of one picture: it is resized to Width × Height pixels and placed at the top left of a grid of
// Rows × Cols tiles.
type Layout struct {
	Geometry
	Rows, Cols    int
	Width, Height int
}

// Layout returns the layout of a picture of w × h pixels, both at least 1 (docs/spec/llama4.md §4.2 to §4.4).
func (g Geometry) Layout(w, h int) Layout {
	l := Layout{Geometry: g}
	l.Rows, l.Cols = g.grid(w, h)
	l.Width, l.Height = fit(w, h, min(max(w, g.TileSize), g.TileSize*l.Cols), min(max(h, g.TileSize), g.TileSize*l.Rows))
	return l
}

// grid returns the grid to which the picture is enlarged least or, if none is large enough, shrunk least. Among grids
// of equal scale the reference chooses the smallest area, which the loops meet first: such grids have the limiting
// side in common, and the other side grows. Scales are compared as float32 quotients, as in the reference.
func (g Geometry) grid(w, h int) (rows, cols int) {
	var best float32
	for r := 1; r <= g.MaxTiles; r++ {
		for c := 1; r*c <= g.MaxTiles; c++ {
			scale := min(float32(g.TileSize*c)/float32(w), float32(g.TileSize*r)/float32(h))
			if preferable(scale, best) {
				best, rows, cols = scale, r, c
			}
		}
	}
	return rows, cols
}

// preferable reports whether scale a is preferred to b: a scale of at least 1 to a smaller one, the smaller of two that
// enlarge, the larger of two that shrink.
func preferable(a, b float32) bool {
	if a >= 1 && b >= 1 {
		return a < b
	}
	return a > b
}

// fit returns the largest size with the aspect ratio of w × h that fits in tw × th. It computes in float64 because the
// reference does: the floor sometimes loses a pixel compared with exact integers.
func fit(w, h, tw, th int) (int, int) {
	sx, sy := float64(tw)/float64(w), float64(th)/float64(h)
	if sx < sy {
		return tw, max(min(int(float64(h)*sx), th), 1)
	}
	return max(min(int(float64(w)*sy), tw), 1), th
}

// Tiles returns the number of tiles for the vision encoder: those of the grid and, unless it is a single tile, the
// global tile.
func (l Layout) Tiles() int {
	if n := l.Rows * l.Cols; n > 1 {
		return n + 1
	}
	return 1
}

// Piece is one item of a picture's place in the prompt. The model knows which token stands for it.
type Piece uint8

// The pieces of docs/spec/llama4.md §4.7.
const (
	Start       Piece = iota // <|image_start|>
	Patches                  // the <|patch|> tokens of the next tile
	TileX                    // <|tile_x_separator|>, between the tiles of a row
	TileY                    // <|tile_y_separator|>, after every row
	GlobalImage              // <|image|>, before the global tile or the only one
	End                      // <|image_end|>
)

// Pieces returns the pieces of a picture in the order of the prompt. Patches occurs Tiles() times, in the order of the
// tiles.
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

// Tokens returns the number of tokens of the picture in the prompt, given the number for one tile.
func (l Layout) Tokens(perTile int) int {
	return len(l.Pieces()) + l.Tiles()*(perTile-1)
}
