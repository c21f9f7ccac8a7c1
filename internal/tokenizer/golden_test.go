package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/loader/gguf"
)

const goldenDir = "../../testdata/golden/tokenizer/"

type encoding struct {
	Text string  `json:"text"`
	IDs  []int32 `json:"ids"`
}

func readGolden(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(goldenDir + name)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tinyVocab returns the vocabulary that make.py trained, with Llama 4's special tokens after it.
func tinyVocab(t testing.TB, pre string) Vocab {
	t.Helper()
	var file struct{ Tokens, Merges List }
	readGolden(t, "vocab.json", &file)
	specials := Llama4Specials()
	types := slices.Repeat([]int32{typeNormal}, len(file.Tokens))
	types = append(types, slices.Repeat([]int32{typeControl}, len(specials))...)
	return Vocab{Model: "gpt2", Pre: pre, Tokens: append(file.Tokens, specials...), Merges: file.Merges, Types: types,
		BOS: -1, EOS: -1}
}

func newTiny(t testing.TB, pre string) *Tokenizer {
	t.Helper()
	tok, err := New(tinyVocab(t, pre))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func compare(t *testing.T, tok *Tokenizer, golden []encoding) {
	t.Helper()
	if len(golden) < 20 {
		t.Fatalf("only %d golden encodings", len(golden))
	}
	for _, g := range golden {
		if ids := tok.Encode(g.Text); !slices.Equal(ids, g.IDs) {
			t.Errorf("%q\ngot  %v\nwant %v", g.Text, ids, g.IDs)
		}
	}
}

func TestEncodeEqualsHuggingFaceTokenizers(t *testing.T) {
	var golden map[string][]encoding
	readGolden(t, "tiny.json", &golden)
	for pre := range splitters {
		t.Run(pre, func(t *testing.T) { compare(t, newTiny(t, pre), golden[pre]) })
	}
}

// SmolLM2's vocabulary is read from its file, which `make models` downloads.
func TestEncodeSmolLM2EqualsHuggingFaceTokenizers(t *testing.T) {
	tok := smolLM2(t)
	var golden []encoding
	readGolden(t, "smollm2.json", &golden)
	compare(t, tok, golden)
	if ids := tok.Encode("hi"); tok.Decode(ids) != "hi" {
		t.Errorf("hi becomes %v becomes %q", ids, tok.Decode(ids))
	}
	if id, ok := tok.Special("<|im_end|>"); !ok || id != 2 {
		t.Errorf("<|im_end|> is %d, %v", id, ok)
	}
}

func smolLM2(t testing.TB) *Tokenizer {
	file, err := os.Open("../../models/cache/SmolLM2-135M-Instruct.Q4_1.gguf")
	if err != nil {
		t.Fatal("the model is not present; run `make models`")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := gguf.Read(info.Size(), func(n int64) ([]byte, error) {
		prefix := make([]byte, n)
		_, err := file.ReadAt(prefix, 0)
		return prefix, err
	})
	if err != nil {
		t.Fatal(err)
	}
	var types []int32
	for _, kind := range parsed.Meta.Ints("tokenizer.ggml.token_type") {
		types = append(types, int32(kind))
	}
	tok, err := New(Vocab{
		Model:  parsed.Meta.String("tokenizer.ggml.model", ""),
		Pre:    parsed.Meta.String("tokenizer.ggml.pre", ""),
		Tokens: parsed.Meta.Strings("tokenizer.ggml.tokens"),
		Merges: parsed.Meta.Strings("tokenizer.ggml.merges"),
		Types:  types,
		BOS:    int(parsed.Meta.Uint("tokenizer.ggml.bos_token_id", 0)),
		EOS:    int(parsed.Meta.Uint("tokenizer.ggml.eos_token_id", 0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
