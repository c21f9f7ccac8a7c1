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

// VisionPlan is a vision file (an mmproj) of which everything has been checked that its header can tell, against the text
// model that it is to see for.
type VisionPlan struct {
	file  *gguf.File
	tower model.VisionEncoder
}

// ReadVision checks the header of a vision file for the model of p. Errors: unsupported_architecture,
// unsupported_tensor_type, bad_model.
func (p *Plan) ReadVision(f *gguf.File) (*VisionPlan, error) {
	tower, err := model.ReadVisionEncoder(f.Meta)
	if err != nil {
		return nil, err
	}
	header, err := headerOf(f)
	if err != nil {
		return nil, err
	}
	if err := model.CheckVisionEncoder(tower, header, p.Config()); err != nil {
		return nil, err
	}
	return &VisionPlan{f, tower}, checkVisionTokens(p.tokenizer, tower.Config())
}

// checkVisionTokens refuses a text model that has no words for a picture.
func checkVisionTokens(t *tokenizer.Tokenizer, c model.VisionConfig) error {
	for _, name := range c.SpecialTokens {
		if _, ok := t.Special(name); !ok {
			return errs.New(errs.BadModel, fmt.Sprintf(
				"the text model's vocabulary has no special token %s, so it cannot see; choose a model with vision, or use it without the vision file", name))
		}
	}
	return nil
}

// Fit checks that a device with limits l can hold each of the tower's tensors. Errors: limits_too_small.
func (v *VisionPlan) Fit(l ops.Limits) error { return fit(v.file.Tensors, l) }

// Geometry is how pictures are cut for the tower.
func (v *VisionPlan) Geometry() image.Geometry { return v.tower.Config().Geometry }

// VisionOptions choose how an engine sees.
type VisionOptions struct {
	// Cut decodes a picture that is new to the conversation and cuts it: decoding takes so much memory that a program of
	// its own does it in the browser. file is what the message's part holds: the picture's bytes, or whatever names it to Cut.
	Cut func(ctx context.Context, file []byte, g image.Geometry) (*image.Tiles, error)

	Report func(loader.Progress) // of the tower's weights, with the first picture; may be nil
}

// sight is what an engine sees with. The tower is loaded with the first picture.
type sight struct {
	backend ops.Backend
	plan    *VisionPlan
	config  model.VisionConfig
	options VisionOptions
	files   *loader.Model
	special map[string]int32 // the tower's special tokens
	seeds   [2]maphash.Seed  // of pictureIDs

	weights  model.Source
	tower    *model.Vision          // nil while not loaded
	pictures map[pictureID]*picture // those of the conversation
}

// AttachVision lets the engine see pictures, with a vision file that was checked against its model. The tower takes no
// memory before the first picture; files are then brought into their store as far as they are not, and loaded.
func (e *Engine) AttachVision(v *VisionPlan, files *loader.Model, o VisionOptions) {
	e.detachVision()
	s := &sight{backend: e.backend, plan: v, config: v.tower.Config(), options: o, files: files,
		special: map[string]int32{}, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		weights: model.Source{}, pictures: map[pictureID]*picture{}}
	for _, name := range s.config.SpecialTokens {
		s.special[name], _ = e.tokenizer.Special(name)
	}
	e.vision = s
}

// Sees reports whether messages may hold pictures.
func (e *Engine) HasVision() bool { return e.vision != nil }

// ReleaseVision frees the tower until the next picture that is new. What it saw stays with the conversation.
func (e *Engine) ReleaseVision() {
	if e.vision != nil {
		e.vision.unload()
	}
}

func (e *Engine) detachVision() {
	if e.vision != nil {
		e.vision.unload()
		e.vision.keep(nil)
		e.vision = nil
	}
}

// load makes the tower ready. Errors: those of loader.Model.Download and Load, and of ops.Backend.Alloc.
func (s *sight) load(ctx context.Context) error {
	if s.tower != nil {
		return nil
	}
	err := s.files.Download(ctx, s.plan.file.Tensors, s.options.Report)
	if err == nil {
		err = alloc(s.backend, s.plan.file.Tensors, s.weights)
	}
	if err == nil {
		err = s.files.Load(ctx, s.plan.file.Tensors, uploader(s.backend, s.weights), s.options.Report)
	}
	if err == nil {
		s.tower, err = model.NewVision(ctx, s.backend, s.plan.tower, s.weights)
	}
	if err != nil {
		s.unload()
	}
	return err
}

func (s *sight) unload() {
	if s.tower != nil {
		s.tower.Close()
		s.tower = nil
	}
	s.backend.Free(slices.Collect(maps.Values(s.weights))...)
	clear(s.weights)
}
