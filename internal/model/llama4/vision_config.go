package llama4

import (
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
)

func init() { model.RegisterVisionEncoder("llama4", ReadVisionEncoder) }

// tower is what a vision file's metadata says (§7.5).
type visionEncoder struct {
	geometry         image.Geometry
	patch            int // side of a patch in pixels
	grid             int // patches along a tile's side
	shuffle          int // side of a square of patches that becomes one vector
	hidden           int // width of the residual stream
	feedForwardWidth int
	numBlocks        int
	numHeads         int
	headDim          int
	epsilon          float32
	width            int // of the vectors
}

// What released files are, and need not say.
const (
	releasedMaxTiles = 16
	releasedShuffle  = 2
	visionRopeBase   = 10000
)

// Bounds that no tower reaches; they keep sums of sizes from a hostile file far from overflow.
const (
	maxTile     = 1 << 12 // pixels
	maxMaxTiles = 256
	maxHeadDim  = 256 // a head's vector lies in one workgroup's memory
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
	t := readVision(m)
	return t, t.check()
}

func readVision(m model.VisionMetadata) *visionEncoder {
	size := func(key string, absent int) int { return int(min(m.Uint("clip.vision."+key, uint64(absent)), maxSize)) }
	t := &visionEncoder{
		geometry: image.Geometry{
			TileSize: size("image_size", 0),
			MaxTiles: size("max_tiles", releasedMaxTiles),
		},
		patch:            size("patch_size", 0),
		shuffle:          size("projector.scale_factor", releasedShuffle),
		hidden:           size("embedding_length", 0),
		feedForwardWidth: size("feed_forward_length", 0),
		numBlocks:        size("block_count", 0),
		numHeads:         size("attention.head_count", 0),
		epsilon:          float32(m.Float("clip.vision.attention.layer_norm_epsilon", 0)),
		width:            size("projection_dim", 0),
	}
	t.grid = t.geometry.TileSize / max(t.patch, 1)
	t.headDim = t.hidden / max(t.numHeads, 1)
	return t
}

// check refuses sizes that no tower can have.
func (t *visionEncoder) check() error {
	tile := t.geometry.TileSize
	for _, s := range []struct {
		key string
		ok  bool
		got int
	}{
		{"image_size", tile > 0 && tile <= maxTile, tile},
		{"max_tiles", t.geometry.MaxTiles > 0 && t.geometry.MaxTiles <= maxMaxTiles, t.geometry.MaxTiles},
		{"patch_size", t.patch > 0 && t.grid*t.patch == tile, t.patch},
		{"projector.scale_factor", t.shuffle > 0 && t.grid%t.shuffle == 0, t.shuffle},
		{"embedding_length", t.hidden > 0, t.hidden},
		{"feed_forward_length", t.feedForwardWidth > 0, t.feedForwardWidth},
		{"block_count", t.numBlocks > 0 && t.numBlocks <= maxLayers, t.numBlocks},
		{"attention.head_count", t.numHeads > 0 && t.headDim*t.numHeads == t.hidden && t.headDim%4 == 0 && t.headDim <= maxHeadDim, t.numHeads},
		{"projection_dim", t.width > 0, t.width},
	} {
		if !s.ok {
			return badVision(s.key, s.got)
		}
	}
	if t.epsilon <= 0 || t.epsilon >= 1 {
		return badVision("attention.layer_norm_epsilon", t.epsilon)
	}
	return nil
}

// patches is the number of a tile's patches; the class token comes after them.
func (t *visionEncoder) patches() int { return t.grid * t.grid }

// vectors is what a tile becomes.
func (t *visionEncoder) vectors() int { return t.patches() / (t.shuffle * t.shuffle) }

// Config is what all towers have.
func (t *visionEncoder) Config() model.VisionConfig {
	c := model.VisionConfig{Width: t.width, TileVectors: t.vectors(), PatchToken: pieceTokens[image.Patches], Geometry: t.geometry}
	c.SpecialTokens = append(c.SpecialTokens, pieceTokens[:]...)
	return c
}

func badVision(key string, got any) error {
	return errs.New(errs.BadModel, fmt.Sprintf(
		"the vision file says clip.vision.%s is %v, which no Llama 4 vision tower can have; the file is damaged", key, got))
}

func unsupportedVision(what string) error {
	return errs.New(errs.UnsupportedArchitecture,
		"the vision file has "+what+", which Outrider does not compute; choose the model's own mmproj file")
}
