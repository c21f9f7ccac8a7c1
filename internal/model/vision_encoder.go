package model

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/ops"
)

// VisionMetadata is the keys and values of a vision file.
type VisionMetadata interface {
	Metadata
	// Floats returns a list of numbers, or nil if the key is missing.
	Floats(key string) []float64
}

// VisionConfig describes a vision encoder of any kind.
type VisionConfig struct {
	Width         int      // of the vectors: the hidden size of the text model that the encoder was made for
	TileVectors   int      // vectors of a tile; in a prompt, each takes the place of one token
	PatchToken    string   // the special token whose embedding a vector replaces
	SpecialTokens []string // all special tokens that a prompt has for a picture

	Geometry image.Geometry // how pictures are cut
}

// VisionEncoder is a vision encoder without weights: what the metadata of its file says.
type VisionEncoder interface {
	// Config returns the sizes of the encoder and its special tokens.
	Config() VisionConfig

	// NewPicture returns a picture made of tiles, which must have been cut for Config().Geometry. Errors:
	// invalid_request for tiles cut for another geometry.
	NewPicture(tiles *image.Tiles) (Picture, error)

	// Bind takes every tensor of the encoder from w; see Family.Bind.
	Bind(w *Weights) VisionNetwork
}

// Picture is a picture cut into the tiles of a vision encoder.
type Picture interface {
	// NumTiles returns the number of tiles, the global view of the picture included.
	NumTiles() int

	// TileInput returns tile i in the layout that the network reads. The caller may change it.
	TileInput(i int) []float32

	// PromptTokens returns the names of the special tokens that a prompt has for the picture. For each tile, in order,
	// they have a run of TileVectors patch tokens.
	PromptTokens() []string
}

// VisionNetwork is the layers of a vision encoder.
type VisionNetwork interface {
	// Prepare makes tables and scratch tensors. It returns the tensor that TileInput is written to, whose shape only
	// the network knows, and the tensor of the tile's vectors, F32 [width, tileVectors]. Errors: those of Backend.Alloc
	// and of reading weights back.
	Prepare(ctx context.Context, a *Arena) (in, out *ops.Tensor, err error)

	// Stages returns the parts of the computation of one tile, in order. Each becomes a program of its own: all of them
	// in one could keep a slow GPU busy for longer than drivers allow.
	Stages() []Stage
}

// Stage calls the ops of one part of a vision network.
type Stage func(o ops.Ops)

var visionEncoders = map[string]func(VisionMetadata) (VisionEncoder, error){}

// RegisterVisionEncoder adds a kind of vision encoder under the name that its files have in clip.projector_type.
func RegisterVisionEncoder(projector string, read func(VisionMetadata) (VisionEncoder, error)) {
	visionEncoders[projector] = read
}

// ReadVisionEncoder returns the vision encoder that the metadata of a vision file describes. Errors:
// unsupported_architecture, bad_model.
func ReadVisionEncoder(m VisionMetadata) (VisionEncoder, error) {
	if architecture := m.String("general.architecture", ""); architecture != "clip" {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the file's architecture is %q, but a vision file's is \"clip\"; choose the model's mmproj file", architecture))
	}
	projector := m.String("clip.projector_type", "")
	read, ok := visionEncoders[projector]
	if !ok {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the vision file's projector is %q, which Outrider does not know; it knows %s", projector,
			known(visionEncoders)))
	}
	return read(m)
}

// CheckVisionEncoder reports what is wrong with a vision file before anything is computed: it was made for a text model
// with another hidden size than c's, or one of its tensors is wrong, as for Check. Errors: bad_model.
func CheckVisionEncoder(v VisionEncoder, header Source, c Config) error {
	if width := v.Config().Width; width != c.HiddenSize {
		return errs.New(errs.BadModel, fmt.Sprintf(
			"the vision file was made for a model with vectors of %d numbers, but this model's have %d; "+
				"choose the mmproj file that was published with it", width, c.HiddenSize))
	}
	w := &Weights{source: header, taken: map[string]bool{}}
	v.Bind(w)
	return w.finish()
}
