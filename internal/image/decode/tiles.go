package decode

import "github.com/outrider-web/outrider/internal/image"

// Tiles resizes the picture to its layout and splits it (docs/spec/llama4.md §4.4 and §4.5). The global tile is the
// whole picture, stretched to a square.
func (p *Picture) Tiles(g image.Geometry) *image.Tiles {
	t := image.NewTiles(g.Layout(p.Width, p.Height))
	l := t.Layout
	grid := newScaler(p.Width, p.Height, l.Width, l.Height, func(y int, row []byte) { setRow(t, y, row) })
	if t.Len() == 1 {
		p.rows(grid.push)
		return t
	}
	global := t.Pixels(t.Len() - 1)
	whole := newScaler(p.Width, p.Height, g.TileSize, g.TileSize, func(y int, row []byte) {
		copy(global[y*len(row):],
			row)
	})
	p.rows(func(row []byte) {
		grid.push(row)
		whole.push(row)
	})
	return t
}

// setRow copies row y of the resized picture into the tiles that it crosses.
func setRow(t *image.Tiles, y int, row []byte) {
	tile := t.Layout.TileSize
	for i := y / tile * t.Layout.Cols; len(row) > 0; i++ {
		n := min(3*tile, len(row))
		copy(t.Pixels(i)[y%tile*3*tile:], row[:n])
		row = row[n:]
	}
}
