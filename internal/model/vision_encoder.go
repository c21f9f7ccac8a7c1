package model

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/ops"
)

// VisionMetadata is a vision file's keys and values.
type VisionMetadata interface {
	Metadata
	Floats(key string) []float64 // nil when there are none
}

// VisionConfig is what all vision towers have.
type VisionConfig struct {
	Width         int      // of the vectors: the hidden size of the text model they are made for
	TileVectors   int      // vectors that a tile becomes, and so tokens that it takes
	PatchToken    string   // the special token that stands for a vector
	SpecialTokens []string // all special tokens that stand in a prompt for a picture

	Geometry image.Geometry // how pictures are cut
}

// Tower is a vision tower before it has weights: what its file's metadata says.
type VisionEncoder interface {
	Config() VisionConfig

	// Take makes a picture of tiles that were cut for Config().Geometry. Errors: invalid_request for tiles cut for another.
	NewPicture(tiles *image.Tiles) (Picture, error)

	// Bind takes from w every tensor that the tower wants; see Family.Bind.
	Bind(w *Weights) VisionNetwork
}

// Picture is a picture cut into the tiles of a tower.
type Picture interface {
	NumTiles() int

	// Input is tile i as the network takes it in. It is the caller's to change.
	TileInput(i int) []float32

	// Prompt is the special tokens that stand for the picture, by name. The tower's Patch is among them TileVectors times
	// a tile, in the order of the tiles, those of a tile side by side.
	PromptTokens() []string
}

// VisionNetwork is the layers of a tower.
type VisionNetwork interface {
	// Prepare makes tables and tensors: the one that takes a tile, whose shape is the network's own business, and the one
	// that the tile's vectors end in, F32 [width, tileVectors]. Errors: those of Backend.Alloc and of reading weights back.
	Prepare(ctx context.Context, a *Arena) (in, out *ops.Tensor, err error)

	// Stages are the network's work on one tile, in their order. Each becomes a program of its own: a slow GPU would be
	// busy with all of them at once for longer than drivers allow.
	Stages() []Stage
}

// Stage calls the ops of a part of a network.
type Stage func(o ops.Ops)

var visionEncoders = map[string]func(VisionMetadata) (VisionEncoder, error){}

// RegisterVisionEncoder adds a kind of tower under the name that files give in clip.projector_type.
func RegisterVisionEncoder(projector string, read func(VisionMetadata) (VisionEncoder, error)) {
	visionEncoders[projector] = read
}

// ReadVisionEncoder finds the kind of tower that a vision file holds. Errors: unsupported_architecture, bad_model.
func ReadVisionEncoder(m VisionMetadata) (VisionEncoder, error) {
	if architecture := m.String("general.architecture", ""); architecture != "clip" {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the file's architecture is %q, but a vision file's is \"clip\"; choose the model's mmproj file", architecture))
	}
	projector := m.String("clip.projector_type", "")
	read, ok := visionEncoders[projector]
	if !ok {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the vision file's projector is %q, which Outrider does not know; it knows %s", projector, known(visionEncoders)))
	}
	return read(m)
}

// CheckVisionEncoder finds what is wrong with a vision file before any work is done: that it was made for a text model of another
// width than c's, or a tensor, as Check does. Errors: bad_model.
func CheckVisionEncoder(t VisionEncoder, header Source, c Config) error {
	if width := t.Config().Width; width != c.HiddenSize {
		return errs.New(errs.BadModel, fmt.Sprintf("the vision file was made for a model with vectors of %d numbers, but this "+
			"model's have %d; choose the mmproj file that was published with it", width, c.HiddenSize))
	}
	w := &Weights{source: header, taken: map[string]bool{}}
	t.Bind(w)
	return w.finish()
}
