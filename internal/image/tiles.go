package image

// Tiles are a picture cut up: the grid's tiles row by row, then the global view, each Tile × Tile pixels.
type Tiles struct {
	Layout Layout
	pix    []byte // tile after tile, RGB; the padding is black
}

// Tiles resizes the picture into its layout and cuts it (spec/llama4.md §4.4–4.5). The global tile is the whole
// picture stretched to a square.
func (p *Picture) Tiles(g Geometry) *Tiles {
	t := &Tiles{Layout: g.Layout(p.Width, p.Height)}
	t.pix = make([]byte, t.Layout.Tiles()*t.bytes())
	grid := newScaler(p.Width, p.Height, t.Layout.Width, t.Layout.Height, t.setRow)
	if t.Layout.Tiles() == 1 {
		p.rows(grid.push)
		return t
	}
	global := t.Pixels(t.Layout.Tiles() - 1)
	whole := newScaler(p.Width, p.Height, g.Tile, g.Tile, func(y int, row []byte) { copy(global[y*len(row):], row) })
	p.rows(func(row []byte) {
		grid.push(row)
		whole.push(row)
	})
	return t
}

// setRow deals out row y of the resized picture to the tiles it crosses.
func (t *Tiles) setRow(y int, row []byte) {
	tile := t.Layout.Tile
	for i := y / tile * t.Layout.Cols; len(row) > 0; i++ {
		n := min(3*tile, len(row))
		copy(t.Pixels(i)[y%tile*3*tile:], row[:n])
		row = row[n:]
	}
}

func (t *Tiles) bytes() int { return 3 * t.Layout.Tile * t.Layout.Tile }

// Len is the number of tiles.
func (t *Tiles) Len() int { return t.Layout.Tiles() }

// Pixels is tile i as 8-bit RGB, 3 bytes a pixel, rows from the top. The tiles keep the memory.
func (t *Tiles) Pixels(i int) []byte { return t.pix[i*t.bytes():][:t.bytes()] }

// Planes writes tile i to dst as the tower wants it: [Tile, Tile, 3] with x fastest and the colour slowest, scaled
// to [-1, 1] (spec/llama4.md §4.6). dst holds 3·Tile² numbers.
func (t *Tiles) Planes(dst []float32, i int) {
	n := t.Layout.Tile * t.Layout.Tile
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
