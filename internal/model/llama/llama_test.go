package llama

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/internal/testing/modeltest"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader/gguf"
)

// small is a model that the CPU reference computes quickly.
var small = tiny.Llama{Seed: 3, Type: quant.Q8_0, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2,
	FeedForward: 96, ContextSize: 40}

var prompt = []int32{7, 200, 31, 31, 5, 90, 144, 250, 12, 63, 8, 19, 77, 4, 101, 33, 2}

// header returns the header of a file and its tensors as handles without data.
func header(t *testing.T, file []byte) (*gguf.File, model.Source) {
	t.Helper()
	f, err := gguf.Read(int64(len(file)), func(n int64) ([]byte, error) { return file[:n], nil })
	if err != nil {
		t.Fatal(err)
	}
	source := model.Source{}
	for _, x := range f.Tensors {
		source[x.Name] = &ops.Tensor{Name: x.Name, Type: x.Type, Shape: x.Dims}
	}
	return f, source
}

// build returns a model on the CPU reference.
func build(t *testing.T, file []byte, o model.Options) *model.Model {
	t.Helper()
	f, source := header(t, file)
	b := ref.New()
	for _, x := range f.Tensors {
		w, err := b.Alloc(x.Name, x.Type, x.Dims...)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Upload(w, 0, ops.Bytes(file[x.Offset:x.Offset+x.Size])); err != nil {
			t.Fatal(err)
		}
		source[x.Name] = w
	}
	family, err := model.Read(f.Meta)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(t.Context(), b, family, source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func logits(t *testing.T, m *model.Model) []float32 {
	t.Helper()
	x := make([]float32, m.Config().VocabSize)
	data, err := ops.Read(t.Context(), ref.New(), m.Logits(), 0, 4*len(x))
	if err != nil {
		t.Fatal(err)
	}
	quant.Dequantize(quant.F32, x, data)
	return x
}

func prefill(t *testing.T, m *model.Model, tokens []int32) []float32 {
	t.Helper()
	if err := m.Prefill(t.Context(), tokens); err != nil {
		t.Fatal(err)
	}
	return logits(t, m)
}

func near(t *testing.T, what string, got, want []float32, limit float64) {
	t.Helper()
	if d := golden.Compare(got, want); d.NMSE > limit {
		t.Errorf("%s: %v; limit %g", what, d, limit)
	}
}

func TestAnyBatchSizeComputesTheSameLogits(t *testing.T) {
	for _, l := range []tiny.Llama{small, {Seed: 4, Type: quant.F16, HiddenSize: 64, NumHeads: 4, NumKVHeads: 1,
		HeadDim: 24, FeedForward: 96, ContextSize: 40, Tied: true, RopeFactors: true}} {
		want := prefill(t, build(t, l.GGUF(), model.Options{CacheF32: true}), prompt)
		for _, batchSize := range []int{1, 3, 16, 17} {
			m := build(t, l.GGUF(), model.Options{CacheF32: true, BatchSize: batchSize})
			near(t, "batches", prefill(t, m, prompt), want, 1e-12)
		}
		m := build(t, l.GGUF(), model.Options{CacheF32: true})
		prefill(t, m, prompt[:5])
		prefill(t, m, prompt[5:16])
		near(t, "two prompts and a token", prefill(t, m, prompt[16:]), want, 1e-12)
	}
}

func TestLogitsWithAnF16CacheAreClose(t *testing.T) {
	want := prefill(t, build(t, small.GGUF(), model.Options{CacheF32: true}), prompt)
	got := prefill(t, build(t, small.GGUF(), model.Options{}), prompt)
	near(t, "f16 cache", got, want, 1e-6)
	if slices.Equal(got, want) {
		t.Error("the f16 cache changes nothing, so it is not used")
	}
}

func TestDecodeContinuesWithTheMostLikelyToken(t *testing.T) {
	m := build(t, small.GGUF(), model.Options{})
	best := argmax(prefill(t, m, prompt))
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	again := build(t, small.GGUF(), model.Options{})
	near(t, "greedy", logits(t, m), prefill(t, again, append(slices.Clone(prompt), best)), 1e-12)
}

func TestSetNextChoosesAnotherToken(t *testing.T) {
	m := build(t, small.GGUF(), model.Options{})
	prefill(t, m, prompt)
	if err := m.SetNext(123); err != nil {
		t.Fatal(err)
	}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	again := build(t, small.GGUF(), model.Options{})
	near(t, "chosen", logits(t, m), prefill(t, again, append(slices.Clone(prompt), 123)), 1e-12)
}

func argmax(x []float32) int32 { return int32(slices.Index(x, slices.Max(x))) }

func TestPrefillAfterARewindReplacesTheTokens(t *testing.T) {
	m := build(t, small.GGUF(), model.Options{BatchSize: 8})
	want := prefill(t, m, prompt)
	prefill(t, m, []int32{1, 2, 3})
	left, err := m.Rewind(6)
	if err != nil || left != 6 || m.Len() != 6 {
		t.Fatalf("rewinding to 6 leaves %d (Len %d), %v", left, m.Len(), err)
	}
	near(t, "after rewinding", prefill(t, m, prompt[6:]), want, 1e-12)
}

func TestDecodeAfterARewindReplacesTheTokens(t *testing.T) {
	m := build(t, small.GGUF(), model.Options{})
	want := prefill(t, m, prompt)
	prefill(t, m, []int32{1, 2, 3})
	if _, err := m.Rewind(16); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.SetNext(prompt[16]), m.Decode()); err != nil {
		t.Fatal(err)
	}
	near(t, "after rewinding", logits(t, m), want, 1e-12)
}

func TestRopeFactorsAreUsed(t *testing.T) {
	with := small
	with.RopeFactors = true
	got := prefill(t, build(t, with.GGUF(), model.Options{}), prompt)
	if slices.Equal(got, prefill(t, build(t, small.GGUF(), model.Options{}), prompt)) {
		t.Error("rope_freqs.weight changes nothing, so it is not used")
	}
}

func TestTooManyTokensAreContextFull(t *testing.T) {
	m := build(t, small.GGUF(), model.Options{Context: 18})
	if m.Context() != 18 {
		t.Fatalf("context is %d, want 18", m.Context())
	}
	full := errs.New(errs.ContextFull, "")
	if err := m.Prefill(t.Context(), make([]int32, 19)); !errors.Is(err, full) || m.Len() != 0 {
		t.Errorf("after a prompt that is too long the error is %v, with %d positions", err, m.Len())
	}
	prefill(t, m, prompt)
	if err := m.Decode(); err != nil {
		t.Errorf("the last position: %v", err)
	}
	if err := m.Decode(); !errors.Is(err, full) {
		t.Errorf("one position more: error is %v", err)
	}
}

func TestPrefillStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := build(t, small.GGUF(), model.Options{BatchSize: 4})
	if err := m.Prefill(ctx, prompt); !errors.Is(err, context.Canceled) || m.Len() > 4 {
		t.Errorf("a cancelled prefill returns %v after %d tokens", err, m.Len())
	}
}

func TestErrorsNameTheWrongTensor(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(model.Source)
		want   []string
	}{
		{"missing", func(s model.Source) { delete(s, "blk.1.ffn_up.weight") }, []string{"blk.1.ffn_up.weight", "[64 96]"}},
		{"wrong shape", func(s model.Source) { s["blk.0.attn_k.weight"].Shape = ops.Shape{64, 64} },
			[]string{"blk.0.attn_k.weight", "[64 64]", "[64 32]"}},
		{"extra", func(s model.Source) { s["blk.0.attn_q.bias"] = &ops.Tensor{Shape: ops.Shape{64}} },
			[]string{"blk.0.attn_q.bias", "[64]"}},
		{"a layer too many", func(s model.Source) { s["blk.2.ffn_up.weight"] = s["blk.1.ffn_up.weight"] },
			[]string{"blk.2.ffn_up.weight"}},
		{"norm in half precision", func(s model.Source) { s["output_norm.weight"].Type = quant.F16 },
			[]string{"output_norm.weight", "F16", "F32"}},
		{"odd vocabulary", func(s model.Source) {
			s["token_embd.weight"].Shape, s["output.weight"].Shape = ops.Shape{64, 318}, ops.Shape{64, 318}
		}, []string{"token_embd.weight", "318", "multiple of 4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, source := header(t, small.GGUF())
			c.change(source)
			modeltest.WantBadModel(t, f.Meta, source, c.want...)
		})
	}
}

func TestTensorsOfWholeFilesPass(t *testing.T) {
	for _, l := range []tiny.Llama{{}, {Tied: true}, {RopeFactors: true}} {
		f, source := header(t, l.GGUF())
		family, err := model.Read(f.Meta)
		if err == nil {
			err = model.Check(family, source)
		}
		if err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}
