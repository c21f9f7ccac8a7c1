package engine

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/tokenizer"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/gguf"
)

// VisionPlan is a vision file whose header has been checked completely, also against the text model that it is for.
type VisionPlan struct {
	file    *gguf.File
	encoder model.VisionEncoder
}

// ReadVision checks the header of a vision file for the model of p. Errors: unsupported_architecture,
// unsupported_tensor_type, bad_model.
func (p *Plan) ReadVision(f *gguf.File) (*VisionPlan, error) {
	encoder, err := model.ReadVisionEncoder(f.Meta)
	if err != nil {
		return nil, err
	}
	header, err := headerOf(f)
	if err != nil {
		return nil, err
	}
	if err := model.CheckVisionEncoder(encoder, header, p.Config()); err != nil {
		return nil, err
	}
	return &VisionPlan{f, encoder}, checkVisionTokens(p.tokenizer, encoder.Config())
}

// checkVisionTokens checks that the text model's vocabulary has the special tokens of a picture.
func checkVisionTokens(t *tokenizer.Tokenizer, c model.VisionConfig) error {
	for _, name := range c.SpecialTokens {
		if _, ok := t.Special(name); !ok {
			return errs.New(errs.BadModel, fmt.Sprintf("the text model's vocabulary has no special token %s, so it cannot see; "+
				"choose a model with vision, or use it without the vision file", name))
		}
	}
	return nil
}

// Fit checks that a device with limits l can hold each tensor of the vision encoder. Errors: limits_too_small.
func (v *VisionPlan) Fit(l ops.Limits) error { return checkLimits(v.file.Tensors, l) }

// Geometry returns how pictures are cut into tiles for the vision encoder.
func (v *VisionPlan) Geometry() image.Geometry { return v.encoder.Config().Geometry }

// VisionOptions configure the vision of an engine.
type VisionOptions struct {
	// Cut decodes a picture that is new to the conversation and cuts it into tiles. In the browser another program does
	// it, because decoding takes much memory. file is what the message's part holds: the bytes of the picture, or
	// whatever Cut knows it by.
	Cut func(ctx context.Context, file []byte, g image.Geometry) (*image.Tiles, error)

	// Report is called with the progress of downloading and loading the vision encoder. May be nil.
	Report func(loader.Progress)
}

// vision is what an engine needs to read pictures. The vision encoder is loaded for the first picture.
type vision struct {
	backend ops.Backend
	plan    *VisionPlan
	config  model.VisionConfig
	options VisionOptions
	files   *loader.Model
	special map[string]int32 // the special tokens of a picture, by name
	seeds   [2]maphash.Seed  // of picture ids

	weights  model.Source
	encoder  *model.Vision          // nil while it is not loaded
	pictures map[pictureID]*picture // the pictures of the conversation
}

// AttachVision lets the engine read pictures, with a vision file that was checked against its model. The encoder takes
// no memory before the first picture; then what is missing of files is downloaded, and the encoder is loaded. files
// must stay open as long as the engine.
func (e *Engine) AttachVision(plan *VisionPlan, files *loader.Model, o VisionOptions) {
	e.detachVision()
	v := &vision{backend: e.backend, plan: plan, config: plan.encoder.Config(), options: o, files: files,
		special: map[string]int32{}, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		weights: model.Source{}, pictures: map[pictureID]*picture{}}
	for _, name := range v.config.SpecialTokens {
		v.special[name], _ = e.tokenizer.Special(name)
	}
	e.vision = v
}

// HasVision reports whether messages may contain pictures.
func (e *Engine) HasVision() bool { return e.vision != nil }

// detachVision frees everything that belongs to pictures.
func (e *Engine) detachVision() {
	if e.vision != nil {
		e.vision.unload()
		e.vision.keepPictures(nil)
		e.vision = nil
	}
}

// load downloads and loads the vision encoder unless it is loaded. Errors: those of loader.Model.Download and Load, and
// of ops.Backend.Alloc.
func (v *vision) load(ctx context.Context) error {
	if v.encoder != nil {
		return nil
	}
	tensors := v.plan.file.Tensors
	err := v.files.Download(ctx, tensors, v.options.Report)
	if err == nil {
		err = alloc(v.backend, tensors, v.weights)
	}
	if err == nil {
		err = v.files.Load(ctx, tensors, uploader(v.backend, v.weights), v.options.Report)
	}
	if err == nil {
		v.encoder, err = model.NewVision(ctx, v.backend, v.plan.encoder, v.weights)
	}
	if err != nil {
		v.unload()
	}
	return err
}

// unload frees the vision encoder.
func (v *vision) unload() {
	if v.encoder != nil {
		v.encoder.Close()
		v.encoder = nil
	}
	v.backend.Free(slices.Collect(maps.Values(v.weights))...)
	clear(v.weights)
}
