// Package llama4 is the Llama 4 family: Scout, whose every layer is a mixture of experts, and Maverick, where they
// alternate with dense layers. Most layers rotate and attend within chunks; every fourth sees everything and does not
// rotate. It refuses files whose metadata asks for anything else. Where public implementations disagree it does what
// Meta's and Hugging Face's do. Sections (§) are those of spec/llama4.
package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
)

func init() { model.Register("llama4", Read) }

// family is what a file's metadata says.
type family struct {
	config       model.Config
	denseWidth   int // between the two halves of a dense layer's feed-forward
	expertWidth  int // of one expert's, and of the shared expert's
	numExperts   int
	expertsUsed  int     // routed experts of a token
	moeInterval  int     // every so many layers, the last of them is a mixture of experts; 0: none
	nopeInterval int     // every so many layers, the last of them is without rotation; 0: none
	window       int     // positions that a rotating layer sees; 0: all
	ropeDims     int     // elements of a head that rotate
	ropeBase     float64 // the θ of RoPE's frequencies θ^(-2k/ropeDims)
	qkNorm       bool    // normalise queries and keys in rotating layers
	tempFloor    int     // positions in which the temperature of far-seeing layers stays the same
	tempScale    float64 // how fast it grows
}

// What the released models are, and their files do not say (§7.1). The keys exist for models of other sizes.
const (
	releasedWindow       = 8192
	releasedNoPEInterval = 4
	releasedTempFloor    = 8192
	releasedTempScale    = 0.1
	maverickExperts      = 128 // the one released model without query and key norm
)

// Read reads the metadata of a llama4 file. Errors: bad_model, unsupported_architecture.
func Read(m model.Metadata) (model.Family, error) {
	if kind := m.String("llama4.rope.scaling.type", "none"); kind != "none" {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the file is a llama4 with rope scaling of type %q, which Outrider does not compute; choose another model", kind))
	}
	f := read(m)
	return f, f.check()
}

func read(m model.Metadata) *family {
	size := func(key string, absent int) int { return int(min(m.Uint("llama4."+key, uint64(absent)), maxSize)) }
	f := &family{config: model.Config{
		Architecture: "llama4",
		VocabSize:    size("vocab_size", 0),
		ContextSize:  size("context_length", 0),
		HiddenSize:   size("embedding_length", 0),
		NumLayers:    size("block_count", 0),
		NumHeads:     size("attention.head_count", 0),
		Epsilon:      float32(m.Float("llama4.attention.layer_norm_rms_epsilon", 0)),
	}}
	c := &f.config
	c.NumKVHeads = size("attention.head_count_kv", c.NumHeads)
	c.HeadDim = size("attention.key_length", c.HiddenSize/max(c.NumHeads, 1))
	f.denseWidth = size("feed_forward_length", 0)
	f.expertWidth = size("expert_feed_forward_length", 0)
	f.numExperts = size("expert_count", 0)
	f.expertsUsed = size("expert_used_count", 1)
	f.moeInterval = size("interleave_moe_layer_step", 1)
	f.ropeDims = size("rope.dimension_count", c.HeadDim)
	f.ropeBase = m.Float("llama4.rope.freq_base", 500000)
	f.nopeInterval = size("attention.nope_interval", releasedNoPEInterval)
	f.window = size("attention.chunk_size", releasedWindow)
	if m.Uint("llama4.attention.sliding_window", 1) == 0 { // small relatives that rotate and see everything in every layer
		f.nopeInterval, f.window = 0, 0
	}
	f.qkNorm = m.Bool("llama4.attention.qk_norm", f.numExperts != maverickExperts)
	f.tempFloor = size("attention.temperature_floor", releasedTempFloor)
	f.tempScale = m.Float("llama4.attention.temperature_scale", releasedTempScale)
	c.Windows = f.windows()
	return f
}

// No model is as wide, long or deep as these; they keep sums of sizes from a hostile file far from overflow. The
// router keeps a number for each expert in one workgroup's memory.
const (
	maxSize    = 1 << 28
	maxLayers  = 4096
	maxExperts = 256
)

// chunks is what each layer sees.
func (f *family) windows() []int {
	chunks := make([]int, min(f.config.NumLayers, maxLayers))
	for i := range chunks {
		if f.rotates(i) {
			chunks[i] = f.window
		}
	}
	return chunks
}

// rotates reports whether a layer has RoPE; it then sees one chunk. The others are the NoPE layers.
func (f *family) rotates(layer int) bool { return f.nopeInterval == 0 || (layer+1)%f.nopeInterval != 0 }

// isMoE reports whether a layer is a mixture of experts.
func (f *family) isMoE(layer int) bool { return f.moeInterval > 0 && (layer+1)%f.moeInterval == 0 }

func (f *family) hasMoE() bool   { return f.moeInterval > 0 && f.moeInterval <= f.config.NumLayers }
func (f *family) hasDense() bool { return f.moeInterval != 1 }

// check refuses sizes that no Llama 4 can have.
func (f *family) check() error {
	c := f.config
	for _, s := range []struct {
		key string
		ok  bool
		got any
	}{
		{"context_length", c.ContextSize > 0, c.ContextSize},
		{"embedding_length", c.HiddenSize > 0, c.HiddenSize},
		{"block_count", c.NumLayers > 0 && c.NumLayers <= maxLayers, c.NumLayers},
		{"feed_forward_length", f.denseWidth > 0 || !f.hasDense(), f.denseWidth},
		{"expert_feed_forward_length", f.expertWidth > 0 || !f.hasMoE(), f.expertWidth},
		{"expert_count", f.numExperts > 0 && f.numExperts <= maxExperts || !f.hasMoE(), f.numExperts},
		{"expert_used_count", f.expertsUsed > 0 && f.expertsUsed <= f.numExperts || !f.hasMoE(), f.expertsUsed},
		{"attention.head_count", c.NumHeads > 0, c.NumHeads},
		{"attention.head_count_kv", c.NumKVHeads > 0 && c.NumHeads%c.NumKVHeads == 0, c.NumKVHeads},
		{"attention.key_length", c.HeadDim > 0 && c.HeadDim%2 == 0, c.HeadDim},
		{"attention.layer_norm_rms_epsilon", c.Epsilon > 0 && c.Epsilon < 1, c.Epsilon},
		{"attention.temperature_floor", f.tempFloor > 0, f.tempFloor},
		{"attention.temperature_scale", f.tempScale >= 0 && f.tempScale < 1e6, f.tempScale},
		{"rope.dimension_count", f.ropeDims > 0 && f.ropeDims%2 == 0 && f.ropeDims <= c.HeadDim, f.ropeDims},
		{"rope.freq_base", f.ropeBase > 1, f.ropeBase},
	} {
		if !s.ok {
			return errs.New(errs.BadModel, fmt.Sprintf(
				"the file says llama4.%s is %v, which no Llama 4 model can have; the file is damaged", s.key, s.got))
		}
	}
	return nil
}

// Config is what all families have.
func (f *family) Config() model.Config { return f.config }
