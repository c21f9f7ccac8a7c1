package llama4

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/testing/modeltest"
)

type metadata = modeltest.Metadata

// scout and maverick are the metadata of the published files (§7.1).
var scout = metadata{
	"general.architecture": "llama4", "llama4.block_count": 48, "llama4.context_length": 10485760,
	"llama4.embedding_length": 5120, "llama4.feed_forward_length": 16384, "llama4.expert_feed_forward_length": 8192,
	"llama4.attention.head_count": 40, "llama4.attention.head_count_kv": 8, "llama4.attention.key_length": 128,
	"llama4.attention.value_length": 128, "llama4.attention.layer_norm_rms_epsilon": 1e-5, "llama4.expert_count": 16,
	"llama4.expert_used_count": 1, "llama4.interleave_moe_layer_step": 1, "llama4.rope.dimension_count": 128,
	"llama4.rope.freq_base": 500000.0, "llama4.vocab_size": 202048,
}

var maverick = scout.With("llama4.context_length", 1048576).With("llama4.expert_count", 128).
	With("llama4.interleave_moe_layer_step", 2)

func familyFrom(t *testing.T, m metadata) *family {
	t.Helper()
	f, err := model.Read(m)
	if err != nil {
		t.Fatal(err)
	}
	return f.(*family)
}

// everyNth returns the layers i below 48 with (i+1) mod n = 0.
func everyNth(n int) (layers []int) {
	for i := n - 1; i < 48; i += n {
		layers = append(layers, i)
	}
	return layers
}

// Property 11, against §1.1. Seen to fail with i mod interval for (i+1) mod interval (NoPE at 0, 4, 8: §12, 14), and
// with the norm on for 128 experts.
func TestLayerMapsOfTheReleasedModels(t *testing.T) {
	for name, c := range map[string]struct {
		m      metadata
		moe    []int
		qkNorm bool
	}{
		"Scout": {scout, everyNth(1), true},
		"Maverick": {maverick, []int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43, 45,
			47}, false},
	} {
		f := familyFrom(t, c.m)
		var moe, nope []int
		for i := range f.config.NumLayers {
			if f.isMoE(i) {
				moe = append(moe, i)
			}
			if !f.rotates(i) {
				nope = append(nope, i)
			}
			if want := map[bool]int{true: 8192, false: 0}[f.rotates(i)]; f.config.Windows[i] != want {
				t.Errorf("%s: layer %d has a window of %d, want %d", name, i, f.config.Windows[i], want)
			}
		}
		if want := []int{3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 43, 47}; !slices.Equal(nope, want) {
			t.Errorf("%s: NoPE layers %v, want %v", name, nope, want)
		}
		if !slices.Equal(moe, c.moe) || f.qkNorm != c.qkNorm {
			t.Errorf("%s: MoE layers %v, norm %v; want %v, %v", name, moe, f.qkNorm, c.moe, c.qkNorm)
		}
		if f.tempFloor != 8192 || f.tempScale != 0.1 || f.numExpertsUsed != 1 || f.hasDense() != (name == "Maverick") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestOptionalKeysReplaceTheReleasedValues(t *testing.T) {
	m := scout.With("llama4.attention.chunk_size", 16).With("llama4.attention.nope_interval", 3).
		With("llama4.attention.temperature_floor", 5).With("llama4.attention.temperature_scale", 0.5).
		With("llama4.attention.qk_norm", false)
	f := familyFrom(t, m)
	if f.window != 16 || f.nopeInterval != 3 || f.tempFloor != 5 || f.tempScale != 0.5 || f.qkNorm {
		t.Errorf("%+v", f)
	}
	if !slices.Equal(f.config.Windows[:6], []int{16, 16, 0, 16, 16, 0}) {
		t.Errorf("windows are %v", f.config.Windows[:6])
	}
	if !familyFrom(t, maverick.With("llama4.attention.qk_norm", true)).qkNorm {
		t.Error("128 experts with the key qk_norm have no norm")
	}
}

// MobileLLM and similar models have the key with the value 0 (§7.1).
func TestWithoutASlidingWindowEveryLayerHasRopeAndFullAttention(t *testing.T) {
	f := familyFrom(t, scout.With("llama4.attention.sliding_window", 0))
	for i, window := range f.config.Windows {
		if window != 0 || !f.rotates(i) {
			t.Errorf("layer %d: window %d, rotates %v", i, window, f.rotates(i))
		}
	}
	if got := familyFrom(t, scout.With("llama4.attention.sliding_window", 8192)).window; got != 8192 {
		t.Errorf("with a sliding window of 8192 the window is %d", got)
	}
}

func TestImpossibleSizesAreBadModels(t *testing.T) {
	for key, values := range map[string][]any{
		"block_count": {0, 1 << 40}, "context_length": {0}, "embedding_length": {0}, "expert_feed_forward_length": {0},
		"expert_count": {0, 257}, "expert_used_count": {0, 17}, "attention.head_count": {0}, "attention.head_count_kv": {7},
		"attention.key_length": {63}, "attention.layer_norm_rms_epsilon": {0.0}, "attention.temperature_floor": {0},
		"attention.temperature_scale": {-1.0, math.NaN()}, "rope.dimension_count": {130}, "rope.freq_base": {0.5, math.NaN()},
	} {
		for _, value := range values {
			_, err := model.Read(scout.With("llama4."+key, value))
			if !errors.Is(err, errs.New(errs.BadModel, "")) || !strings.Contains(err.Error(), key) {
				t.Errorf("%s = %v: error is %v", key, value, err)
			}
		}
	}
	if _, err := model.Read(maverick.With("llama4.feed_forward_length", 0)); !errors.Is(err, errs.New(errs.BadModel, "")) {
		t.Errorf("dense layers of width 0: error is %v", err)
	}
	if _, err := model.Read(scout.With("llama4.feed_forward_length", 0)); err != nil {
		t.Errorf("Scout has no dense layers, but their width is checked: %v", err)
	}
}

func TestOtherRopeScalingIsUnsupported(t *testing.T) {
	_, err := model.Read(scout.With("llama4.rope.scaling.type", "yarn"))
	if !errors.Is(err, errs.New(errs.UnsupportedArchitecture, "")) || !strings.Contains(err.Error(), "yarn") {
		t.Errorf("error is %v", err)
	}
}

// The tables of §2.4: the frequency of each pair. Seen to fail with the exponent -k/128.
func TestRopeFrequenciesOfScoutAndMaverick(t *testing.T) {
	divisors := append(slices.Repeat([]float32{1}, 35), slices.Repeat([]float32{16}, 29)...)
	f := familyFrom(t, scout)
	got := model.RopeFrequencies(f.ropeDims, f.ropeBase, divisors)
	unscaled := model.RopeFrequencies(f.ropeDims, f.ropeBase, nil)
	for k, want := range map[int][2]float64{ // of Maverick, of Scout
		0: {1, 1}, 1: {0.814617234, 0.814617234}, 2: {0.663601238, 0.663601238}, 32: {0.00141421356, 0.00141421356},
		34: {0.00093847387, 0.00093847387}, 35: {0.000764496988, 4.77810618e-5},
		48: {5.3182959e-5, 3.32393494e-6}, 63: {2.45514079e-6, 1.53446299e-7},
	} {
		if math.Abs(unscaled[k]/want[0]-1) > 1e-8 || math.Abs(got[k]/want[1]-1) > 1e-8 {
			t.Errorf("pair %d has frequency %g, for Scout %g; want %g, %g", k, unscaled[k], got[k], want[0], want[1])
		}
	}
}

func TestOldRopeScalingWarns(t *testing.T) {
	current := append(slices.Repeat([]float32{1}, 35), slices.Repeat([]float32{16}, 29)...)
	old := slices.Concat(slices.Repeat([]float32{1}, 29), []float32{1.2075, 1.5534, 2.0263, 2.6945, 3.6843, 5.2573},
		slices.Repeat([]float32{8}, 29)) // §2.4, DISAGREE-4
	if got := ropeWarnings(current); got != nil {
		t.Errorf("warnings of a current file: %v", got)
	}
	if got := ropeWarnings(nil); got != nil {
		t.Errorf("warnings of a file without scaling: %v", got)
	}
	if got := ropeWarnings(old); len(got) != 1 || !strings.Contains(got[0], " 8 ") || !strings.Contains(got[0], "16") {
		t.Errorf("warnings of an old file: %v", got)
	}
}
