package llama

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/testing/modeltest"
)

type metadata = modeltest.Metadata

// llama32 is the metadata of Llama 3.2 1B.
var llama32 = metadata{
	"general.architecture": "llama", "llama.block_count": 16, "llama.context_length": 131072,
	"llama.embedding_length": 2048, "llama.feed_forward_length": 8192, "llama.attention.head_count": 32,
	"llama.attention.head_count_kv": 8, "llama.attention.key_length": 64, "llama.rope.dimension_count": 64,
	"llama.rope.freq_base": 500000.0, "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.vocab_size": 128256,
}

func TestConfigOfLlama32(t *testing.T) {
	f, err := model.Read(llama32)
	if err != nil {
		t.Fatal(err)
	}
	c := f.Config()
	if c.HeadDim != 64 || c.NumHeads != 32 || c.NumKVHeads != 8 ||
		c.VocabSize != 128256 || c.ContextSize != 131072 || len(c.Windows) != 16 {
		t.Errorf("config is %+v", c)
	}
}

// Files of Llama 2 do not have these keys.
func TestDefaultsOfMissingKeys(t *testing.T) {
	m := maps.Clone(llama32)
	for _, key := range []string{"head_count_kv", "key_length"} {
		delete(m, "llama.attention."+key)
	}
	delete(m, "llama.rope.dimension_count")
	delete(m, "llama.rope.freq_base")
	got, err := Read(m)
	if err != nil {
		t.Fatal(err)
	}
	f := got.(*family)
	if f.config.NumKVHeads != 32 || f.config.HeadDim != 64 || f.ropeDims != 64 || f.ropeBase != 10000 {
		t.Errorf("the family is %+v", f)
	}
}

func TestImpossibleSizesAreBadModels(t *testing.T) {
	for key, value := range map[string]any{
		"block_count": 1 << 40, "context_length": 0, "embedding_length": 0, "feed_forward_length": 0,
		"attention.head_count": 0, "attention.head_count_kv": 5, "attention.key_length": 63,
		"attention.layer_norm_rms_epsilon": 0.0, "rope.dimension_count": 66, "rope.freq_base": -1.0,
	} {
		_, err := model.Read(llama32.With("llama."+key, value))
		if !errors.Is(err, errs.New(errs.BadModel, "")) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s = %v: error is %v", key, value, err)
		}
	}
}

func TestUnsupportedVariantsAreErrors(t *testing.T) {
	for key, value := range map[string]any{
		"general.architecture": "mamba", "llama.expert_count": 8, "llama.rope.scaling.type": "yarn",
	} {
		_, err := model.Read(llama32.With(key, value))
		if !errors.Is(err, errs.New(errs.UnsupportedArchitecture, "")) {
			t.Errorf("%s = %v: error is %v", key, value, err)
		}
	}
	_, err := model.Read(metadata{"general.architecture": "mamba"})
	if err == nil || !strings.Contains(err.Error(), "mamba") || !strings.Contains(err.Error(), "llama") {
		t.Errorf("error is %v, want one with the file's architecture and the known ones", err)
	}
}

func TestRopeTable(t *testing.T) {
	table := model.RopeTable(model.RopeFrequencies(4, 100, nil), 3)
	want := []float64{0, 0, 1, 0.1, 2, 0.2} // angles: frequencies 1 and 100^(-2/4)
	for i, angle := range want {
		cos, sin := float64(table[2*i]), float64(table[2*i+1])
		if math.Abs(cos-math.Cos(angle)) > 1e-7 || math.Abs(sin-math.Sin(angle)) > 1e-7 {
			t.Errorf("entry %d is (%v, %v), want the angle %v", i, cos, sin, angle)
		}
	}
}

func TestRopeFrequenciesAreScaledAndDivided(t *testing.T) {
	f := &family{ropeDims: 4, ropeBase: 100, ropeScale: 2}
	got := f.ropeFrequencies([]float32{1, 8})
	if want := []float64{0.5, 0.1 / 2 / 8}; math.Abs(got[0]-want[0]) > 1e-15 || math.Abs(got[1]-want[1]) > 1e-15 {
		t.Errorf("frequencies are %v, want %v", got, want)
	}
}

func TestLinearScalingComesFromEitherKey(t *testing.T) {
	for _, c := range []struct {
		m    metadata
		want float64
	}{
		{llama32, 1},
		{llama32.With("llama.rope.scale_linear", 4.0), 4},
		{metadata{"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2.0}, 2},
		{metadata{"llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 2.0}, 1},
	} {
		if got := linearRopeScale(c.m); got != c.want {
			t.Errorf("the scale is %v, want %v", got, c.want)
		}
	}
}
