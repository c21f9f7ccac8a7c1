// Package llama4 implements the Llama 4 family: Scout, in which every layer is a mixture of experts, and Maverick, in
// which mixtures of experts alternate with dense layers. Most layers have RoPE and chunked attention; every fourth is a
// NoPE layer with full attention. Files whose metadata asks for anything else are errors. Where public implementations
// disagree, the package does what those of Meta and Hugging Face do. Sections (§) are those of docs/spec/llama4.md.
package llama4

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
)

func init() { model.Register("llama4", Read) }

// family describes a model: what the metadata of its file says.
type family struct {
	config         model.Config
	denseWidth     int // numbers between the two halves of a dense layer's feed-forward
	expertWidth    int // the same of each routed expert, and of the shared expert
	numExperts     int
	numExpertsUsed int     // routed experts that one token uses
	moeInterval    int     // the last of every so many layers is a mixture of experts; 0: none
	nopeInterval   int     // the last of every so many layers is a NoPE layer; 0: none
	window         int     // positions in the attention window of layers with RoPE; 0: full attention
	ropeDims       int     // elements of a head that rotate
	ropeBase       float64 // the θ of RoPE's frequencies θ^(-2k/ropeDims)
	qkNorm         bool    // whether layers with RoPE normalise queries and keys
	tempFloor      int     // positions between two steps of the attention temperature of NoPE layers
	tempScale      float64 // factor of its logarithm (§2.5)
}

// Values of the released models, for which their files have no keys (§7.1). The keys exist for other models.
const (
	releasedWindow       = 8192
	releasedNoPEInterval = 4
	releasedTempFloor    = 8192
	releasedTempScale    = 0.1
	maverickExperts      = 128 // Maverick is the only released model without query and key norm
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

// read reads all keys, with the defaults of files that leave some out.
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
	f.numExpertsUsed = size("expert_used_count", 1)
	f.moeInterval = size("interleave_moe_layer_step", 1)
	f.ropeDims = size("rope.dimension_count", c.HeadDim)
	f.ropeBase = m.Float("llama4.rope.freq_base", 500000)
	f.nopeInterval = size("attention.nope_interval", releasedNoPEInterval)
	f.window = size("attention.chunk_size", releasedWindow)
	if m.Uint("llama4.attention.sliding_window", 1) == 0 { // small models with RoPE and full attention in every layer
		f.nopeInterval, f.window = 0, 0
	}
	f.qkNorm = m.Bool("llama4.attention.qk_norm", f.numExperts != maverickExperts)
	f.tempFloor = size("attention.temperature_floor", releasedTempFloor)
	f.tempScale = m.Float("llama4.attention.temperature_scale", releasedTempScale)
	c.Windows = f.windows()
	return f
}

// Maximum sizes, far larger than those of any model, except for maxExperts. With them, sums of sizes from a malicious
// file cannot overflow. maxExperts is the limit of the router op.
const (
	maxSize    = 1 << 28
	maxLayers  = 4096
	maxExperts = 256
)

// windows returns the attention window of each layer, 0 for full attention.
func (f *family) windows() []int {
	windows := make([]int, min(f.config.NumLayers, maxLayers))
	for i := range windows {
		if f.rotates(i) {
			windows[i] = f.window
		}
	}
	return windows
}

// rotates reports whether a layer has RoPE and chunked attention. The others are the NoPE layers.
func (f *family) rotates(layer int) bool { return f.nopeInterval == 0 || (layer+1)%f.nopeInterval != 0 }

// isMoE reports whether a layer is a mixture of experts.
func (f *family) isMoE(layer int) bool { return f.moeInterval > 0 && (layer+1)%f.moeInterval == 0 }

// hasMoE reports whether any layer is a mixture of experts.
func (f *family) hasMoE() bool { return f.moeInterval > 0 && f.moeInterval <= f.config.NumLayers }

// hasDense reports whether any layer is dense.
func (f *family) hasDense() bool { return f.moeInterval != 1 }

// check returns an error for sizes that no Llama 4 model can have.
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
		{"expert_used_count", f.numExpertsUsed > 0 && f.numExpertsUsed <= f.numExperts || !f.hasMoE(), f.numExpertsUsed},
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

// Config returns the sizes of the model.
func (f *family) Config() model.Config { return f.config }
