package tiny

import (
	"bytes"
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
)

func open(t *testing.T, file []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(int64(len(file)), func(n int64) ([]byte, error) { return file[:n], nil })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLlamaDependsOnTheSeed(t *testing.T) {
	once, again := Llama{Seed: 1, Type: quant.Q4_1}.GGUF(), Llama{Seed: 1, Type: quant.Q4_1}.GGUF()
	if !bytes.Equal(once, again) {
		t.Error("the same seed makes another file")
	}
	if bytes.Equal(once, Llama{Seed: 2, Type: quant.Q4_1}.GGUF()) {
		t.Error("another seed makes the same file")
	}
}

func TestLlama4DependsOnTheSeed(t *testing.T) {
	l := Llama4{Seed: 1, Type: quant.Q8_0, Window: 16, NoPEInterval: 2, TempFloor: 8}
	once := l.GGUF()
	if !bytes.Equal(once, l.GGUF()) {
		t.Error("the same seed makes another file")
	}
	if l.Seed = 2; bytes.Equal(once, l.GGUF()) {
		t.Error("another seed makes the same file")
	}
}

func TestLlama4WritesOptionalKeysWhenSet(t *testing.T) {
	f := open(t, Llama4{Window: 16, NoPEInterval: -1}.GGUF())
	if got := f.Meta.Uint("llama4.attention.chunk_size", 0); got != 16 {
		t.Errorf("chunk_size is %d, want 16", got)
	}
	if got := f.Meta.Uint("llama4.attention.nope_interval", 7); got != 0 {
		t.Errorf("nope_interval is %d, want 0", got)
	}
	for _, key := range []string{"temperature_floor", "qk_norm"} {
		if f.Meta.Has("llama4.attention." + key) {
			t.Errorf("the file has %s", key)
		}
	}
}

func TestLlama4HasDenseLayersBetweenMixtures(t *testing.T) {
	f := open(t, Llama4{MoEInterval: 2, RopeFactor: -1}.GGUF())
	for name, want := range map[string]bool{
		"blk.0.ffn_gate.weight": true, "blk.0.ffn_gate_exps.weight": false,
		"blk.1.ffn_gate.weight": false, "blk.1.ffn_gate_exps.weight": true, "rope_freqs.weight": false,
	} {
		if _, ok := f.Tensor(name); ok != want {
			t.Errorf("%s: %v, want %v", name, ok, want)
		}
	}
}

func TestMatricesHaveTheRequestedType(t *testing.T) {
	f := open(t, Llama{Type: quant.Q6_K}.GGUF())
	for name, want := range map[string]quant.Type{"blk.1.ffn_down.weight": quant.Q6_K,
		"blk.0.attn_norm.weight": quant.F32} {
		if got, ok := f.Tensor(name); !ok || got.Type != want {
			t.Errorf("%s is %v (%v), want %v", name, got.Type, ok, want)
		}
	}
}

func TestOptionsChooseTensors(t *testing.T) {
	has := func(l Llama, name string) bool {
		_, ok := open(t, l.GGUF()).Tensor(name)
		return ok
	}
	if has(Llama{Tied: true}, "output.weight") || !has(Llama{}, "output.weight") {
		t.Error("the file should have output.weight unless tied")
	}
	if has(Llama{}, "rope_freqs.weight") || !has(Llama{RopeFactors: true}, "rope_freqs.weight") {
		t.Error("the file should have rope_freqs.weight with RopeFactors only")
	}
}

func TestVocabularyHasEveryByteOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, token := range llama4().tokens {
		if seen[token] {
			t.Errorf("token %q occurs twice", token)
		}
		seen[token] = true
	}
	for b, want := range map[byte]rune{'A': 'A', ' ': 'Ġ', '\n': 'Ċ', 0: 'Ā', 0xad: 'Ń', 0xff: 'ÿ'} {
		if got := runeOf(b); got != want {
			t.Errorf("byte %#x is written %q, want %q", b, got, want)
		}
	}
}
