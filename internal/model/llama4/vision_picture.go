package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
)

// pieceTokens names the special token of each piece of a picture's place in the prompt (§4.7).
var pieceTokens = [...]string{
	image.Start:       "<|image_start|>",
	image.Patches:     "<|patch|>",
	image.TileX:       "<|tile_x_separator|>",
	image.TileY:       "<|tile_y_separator|>",
	image.GlobalImage: "<|image|>",
	image.End:         "<|image_end|>",
}

// picture is a picture cut up for a tower.
type picture struct {
	*visionEncoder
	tiles *image.Tiles
}

// Take checks that tiles were cut for this tower.
func (t *visionEncoder) NewPicture(tiles *image.Tiles) (model.Picture, error) {
	if got := tiles.Layout.Geometry; got != t.geometry {
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf(
			"the picture was cut into up to %d tiles of %d pixels, but the model takes up to %d of %d; attach it again",
			got.MaxTiles, got.TileSize, t.geometry.MaxTiles, t.geometry.TileSize))
	}
	return &picture{t, tiles}, nil
}

// Tiles is the number of tiles, the global one included.
func (p *picture) NumTiles() int { return p.tiles.Len() }

// Prompt is the picture's special tokens.
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

// Input is the patches of tile i: [3·patch², patches].
func (p *picture) TileInput(i int) []float32 {
	planes := make([]float32, 3*p.geometry.TileSize*p.geometry.TileSize)
	p.tiles.Planes(planes, i)
	return p.unfold(planes)
}

// unfold cuts a tile [tile, tile, 3] into patches, row by row; within a patch x runs fastest and the colour slowest
// (§3.1).
func (t *visionEncoder) unfold(planes []float32) []float32 {
	tile := t.geometry.TileSize
	patches := make([]float32, 0, len(planes))
	for i := range t.patches() {
		left, top := i%t.grid*t.patch, i/t.grid*t.patch
		for row := range 3 * t.patch {
			colour, y := row/t.patch, top+row%t.patch
			at := (colour*tile+y)*tile + left
			patches = append(patches, planes[at:at+t.patch]...)
		}
	}
	return patches
}
