// Package llama implements the dense Llama family: Llama 2 and 3, and models with the same architecture (SmolLM2,
// TinyLlama). They have grouped-query attention with rotary positions and a gated feed-forward. Files whose metadata
// asks for anything else are errors.
package llama

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
)

func init() { model.Register("llama", Read) }

// family describes a model: what the metadata of its file says.
type family struct {
	config           model.Config
	feedForwardWidth int     // numbers between the two halves of the feed-forward
	ropeDims         int     // elements of a head that rotate
	ropeBase         float64 // the θ of RoPE's frequencies θ^(-2k/ropeDims)
	ropeScale        float64 // linear scaling: positions are divided by it
}

// Read reads the metadata of a llama file. Errors: bad_model, unsupported_architecture.
func Read(m model.Metadata) (model.Family, error) {
	if experts := m.Uint("llama.expert_count", 0); experts > 0 {
		return nil, unsupported("a mixture of %d experts", experts)
	}
	if kind := m.String("llama.rope.scaling.type", "none"); kind != "none" && kind != "linear" {
		return nil, unsupported("rope scaling of type %q", kind)
	}
	f := read(m)
	return f, f.check()
}

// read reads all keys, with the defaults of files that leave some out.
func read(m model.Metadata) *family {
	size := func(key string, absent int) int { return int(min(m.Uint("llama."+key, uint64(absent)), maxSize)) }
	f := &family{}
	c := &f.config
	*c = model.Config{
		Architecture: "llama",
		VocabSize:    size("vocab_size", 0),
		ContextSize:  size("context_length", 0),
		HiddenSize:   size("embedding_length", 0),
		NumLayers:    size("block_count", 0),
		NumHeads:     size("attention.head_count", 0),
		Epsilon:      float32(m.Float("llama.attention.layer_norm_rms_epsilon", 0)),
	}
	c.NumKVHeads = size("attention.head_count_kv", c.NumHeads)
	c.HeadDim = size("attention.key_length", c.HiddenSize/max(c.NumHeads, 1))
	c.Windows = make([]int, min(c.NumLayers, maxLayers))
	f.feedForwardWidth = size("feed_forward_length", 0)
	f.ropeDims = size("rope.dimension_count", c.HeadDim)
	f.ropeBase = m.Float("llama.rope.freq_base", 10000)
	f.ropeScale = linearRopeScale(m)
	return f
}

// Maximum sizes, far larger than those of any model. With them, sums of sizes from a malicious file cannot overflow.
const (
	maxSize   = 1 << 28
	maxLayers = 4096
)

// linearRopeScale returns the factor of linear rope scaling, which older files have under another key.
func linearRopeScale(m model.Metadata) float64 {
	if m.String("llama.rope.scaling.type", "") == "none" {
		return 1
	}
	return m.Float("llama.rope.scaling.factor", m.Float("llama.rope.scale_linear", 1))
}

// check returns an error for sizes that no Llama model can have.
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
		{"feed_forward_length", f.feedForwardWidth > 0, f.feedForwardWidth},
		{"attention.head_count", c.NumHeads > 0, c.NumHeads},
		{"attention.head_count_kv", c.NumKVHeads > 0 && c.NumHeads%c.NumKVHeads == 0, c.NumKVHeads},
		{"attention.key_length", c.HeadDim > 0 && c.HeadDim%2 == 0, c.HeadDim},
		{"attention.layer_norm_rms_epsilon", c.Epsilon > 0 && c.Epsilon < 1, c.Epsilon},
		{"rope.dimension_count", f.ropeDims > 0 && f.ropeDims%2 == 0 && f.ropeDims <= c.HeadDim, f.ropeDims},
		{"rope.freq_base", f.ropeBase > 1, f.ropeBase},
		{"rope.scaling.factor", f.ropeScale >= 1, f.ropeScale},
	} {
		if !s.ok {
			return errs.New(errs.BadModel, fmt.Sprintf(
				"the file says llama.%s is %v, which no Llama model can have; the file is damaged", s.key, s.got))
		}
	}
	return nil
}

// Config returns the sizes of the model.
func (f *family) Config() model.Config { return f.config }

// unsupported returns an unsupported_architecture error.
func unsupported(format string, args ...any) error {
	return errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
		"the file is a llama with "+format+", which Outrider does not compute; choose another model", args...))
}
