package llama4

import (
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
)

func init() { model.RegisterVisionEncoder("llama4", ReadVisionEncoder) }

// visionEncoder describes a vision encoder: what the metadata of its file says (§7.5).
type visionEncoder struct {
	geometry         image.Geometry
	patchSize        int // side of a patch in pixels
	gridSize         int // patches along a tile's side
	shuffleSize      int // side, in patches, of a square that becomes one vector
	hiddenSize       int // width of the residual stream
	feedForwardWidth int // numbers between the two halves of the feed-forward
	numBlocks        int
	numHeads         int
	headDim          int
	epsilon          float32
	width            int // of the vectors: the hidden size of the text model
}

// Values of the released models. Files may leave the first two out, and have no key for the third.
const (
	releasedMaxTiles = 16
	releasedShuffle  = 2
	visionRopeBase   = 10000
)

// Maximum sizes, far larger than those of any vision encoder, except for maxHeadDim. With them, sums of sizes from a
// malicious file cannot overflow.
const (
	maxTileSize = 1 << 12 // pixels
	maxMaxTiles = 256
	maxHeadDim  = 256 // one workgroup keeps the vector of a head in its memory
)

// ReadVisionEncoder reads the metadata of a vision file. Errors: bad_model, unsupported_architecture.
func ReadVisionEncoder(m model.VisionMetadata) (model.VisionEncoder, error) {
	if !m.Bool("clip.use_gelu", true) {
		return nil, unsupportedVision("another activation than GELU")
	}
	for _, key := range []string{"clip.vision.image_mean", "clip.vision.image_std"} {
		if x := m.Floats(key); x != nil && !slices.Equal(x, []float64{0.5, 0.5, 0.5}) {
			return nil, unsupportedVision(fmt.Sprintf("%s %v, not 0.5 for each colour", key, x))
		}
	}
	v := readVision(m)
	return v, v.check()
}

// readVision reads all keys, with the defaults of files that leave some out.
func readVision(m model.VisionMetadata) *visionEncoder {
	size := func(key string, absent int) int { return int(min(m.Uint("clip.vision."+key, uint64(absent)), maxSize)) }
	v := &visionEncoder{
		geometry: image.Geometry{
			TileSize: size("image_size", 0),
			MaxTiles: size("max_tiles", releasedMaxTiles),
		},
		patchSize:        size("patch_size", 0),
		shuffleSize:      size("projector.scale_factor", releasedShuffle),
		hiddenSize:       size("embedding_length", 0),
		feedForwardWidth: size("feed_forward_length", 0),
		numBlocks:        size("block_count", 0),
		numHeads:         size("attention.head_count", 0),
		epsilon:          float32(m.Float("clip.vision.attention.layer_norm_epsilon", 0)),
		width:            size("projection_dim", 0),
	}
	v.gridSize = v.geometry.TileSize / max(v.patchSize, 1)
	v.headDim = v.hiddenSize / max(v.numHeads, 1)
	return v
}

// check returns an error for sizes that no vision encoder can have.
func (v *visionEncoder) check() error {
	tile := v.geometry.TileSize
	for _, s := range []struct {
		key string
		ok  bool
		got int
	}{
		{"image_size", tile > 0 && tile <= maxTileSize, tile},
		{"max_tiles", v.geometry.MaxTiles > 0 && v.geometry.MaxTiles <= maxMaxTiles, v.geometry.MaxTiles},
		{"patch_size", v.patchSize > 0 && v.gridSize*v.patchSize == tile, v.patchSize},
		{"projector.scale_factor", v.shuffleSize > 0 && v.gridSize%v.shuffleSize == 0, v.shuffleSize},
		{"embedding_length", v.hiddenSize > 0, v.hiddenSize},
		{"feed_forward_length", v.feedForwardWidth > 0, v.feedForwardWidth},
		{"block_count", v.numBlocks > 0 && v.numBlocks <= maxLayers, v.numBlocks},
		{"attention.head_count", v.headsFit(), v.numHeads},
		{"projection_dim", v.width > 0, v.width},
	} {
		if !s.ok {
			return badVision(s.key, s.got)
		}
	}
	if v.epsilon <= 0 || v.epsilon >= 1 {
		return badVision("attention.layer_norm_epsilon", v.epsilon)
	}
	return nil
}

// headsFit reports whether the heads divide the hidden size into a dimension that attention and rotation support.
func (v *visionEncoder) headsFit() bool {
	return v.numHeads > 0 && v.headDim*v.numHeads == v.hiddenSize && v.headDim%4 == 0 && v.headDim <= maxHeadDim
}

// patches returns the number of patches of a tile. The class token is not counted.
func (v *visionEncoder) patches() int { return v.gridSize * v.gridSize }

// vectors returns the number of vectors of a tile.
func (v *visionEncoder) vectors() int { return v.patches() / (v.shuffleSize * v.shuffleSize) }

// Config returns the sizes of the encoder and its special tokens.
func (v *visionEncoder) Config() model.VisionConfig {
	return model.VisionConfig{
		Width: v.width, TileVectors: v.vectors(), PatchToken: pieceTokens[image.Patches],
		SpecialTokens: slices.Clone(pieceTokens[:]), Geometry: v.geometry,
	}
}

// badVision returns a bad_model error.
func badVision(key string, got any) error {
	return errs.New(errs.BadModel, fmt.Sprintf(
		"the vision file says clip.vision.%s is %v, which no Llama 4 vision encoder can have; the file is damaged", key, got))
}

// unsupportedVision returns an unsupported_architecture error.
func unsupportedVision(what string) error {
	return errs.New(errs.UnsupportedArchitecture,
		"the vision file has "+what+", which Outrider does not compute; choose the model's own mmproj file")
}
