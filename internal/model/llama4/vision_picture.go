package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
)

// pieceTokens has the name of the special token of each piece of a picture in a prompt (§4.7).
var pieceTokens = [...]string{
	image.Start:       "<|image_start|>",
	image.Patches:     "<|patch|>",
	image.TileX:       "<|tile_x_separator|>",
	image.TileY:       "<|tile_y_separator|>",
	image.GlobalImage: "<|image|>",
	image.End:         "<|image_end|>",
}

// picture is a picture cut into the tiles of an encoder.
type picture struct {
	*visionEncoder
	tiles *image.Tiles
}

// NewPicture checks that tiles were cut for this encoder.
func (v *visionEncoder) NewPicture(tiles *image.Tiles) (model.Picture, error) {
	if got := tiles.Layout.Geometry; got != v.geometry {
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf(
			"the picture was cut into up to %d tiles of %d pixels, but the model takes up to %d of %d; attach it again",
			got.MaxTiles, got.TileSize, v.geometry.MaxTiles, v.geometry.TileSize))
	}
	return &picture{v, tiles}, nil
}

// NumTiles returns the number of tiles, the global view of the picture included.
func (p *picture) NumTiles() int { return p.tiles.Len() }

// PromptTokens returns the names of the picture's special tokens, in order.
func (p *picture) PromptTokens() []string {
	var tokens []string
	for _, piece := range p.tiles.Layout.Pieces() {
		times := 1
		if piece == image.Patches {
			times = p.vectors()
		}
		for range times {
			tokens = append(tokens, pieceTokens[piece])
		}
	}
	return tokens
}

// TileInput returns the patches of tile i: [3·patch², patches].
func (p *picture) TileInput(i int) []float32 {
	planes := make([]float32, 3*p.geometry.TileSize*p.geometry.TileSize)
	p.tiles.Planes(planes, i)
	return p.unfold(planes)
}

// unfold cuts a tile [tile, tile, 3] into patches, row by row. Within a patch the x coordinate is the fastest dimension
// and the colour the slowest (§3.1).
func (v *visionEncoder) unfold(planes []float32) []float32 {
	tile := v.geometry.TileSize
	patches := make([]float32, 0, len(planes))
	for i := range v.patches() {
		left, top := i%v.gridSize*v.patchSize, i/v.gridSize*v.patchSize
		for row := range 3 * v.patchSize {
			colour, y := row/v.patchSize, top+row%v.patchSize
			at := (colour*tile+y)*tile + left
			patches = append(patches, planes[at:at+v.patchSize]...)
		}
	}
	return patches
}
