package tokenizer

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

func FuzzDecodeInvertsEncode(f *testing.F) {
	var golden map[string][]encoding
	readGolden(f, "tiny.json", &golden)
	for _, g := range golden["llama4"] {
		f.Add(g.Text)
	}
	f.Add("half a rune \xe2\x82, a stray \xff, a surrogate \xed\xa0\x80")
	var all []*Tokenizer
	for pre := range splitters {
		all = append(all, newTiny(f, pre))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range all {
			ids := tok.Encode(text)
			if back := tok.Decode(ids); back != text {
				t.Errorf("%q is decoded as %q", text, back)
			}
			for _, id := range ids {
				if name, special := tok.Token(id); special {
					t.Errorf("%q is encoded with the special token %q", text, name)
				}
			}
		}
	})
}

func TestNamesOfSpecialTokensInTextStayText(t *testing.T) {
	for pre := range splitters {
		tok := newTiny(t, pre)
		for _, name := range Llama4Specials() {
			for _, id := range tok.Encode("a" + name) {
				if _, special := tok.Token(id); special {
					t.Fatalf("%s: %s in text became special token %d", pre, name, id)
				}
			}
		}
	}
}

func TestSpecialTokensAreFoundByNameAlone(t *testing.T) {
	tok := newTiny(t, "llama4")
	id, ok := tok.Special("<|eot|>")
	if name, special := tok.Token(id); !ok || name != "<|eot|>" || !special {
		t.Errorf("<|eot|> is token %d, %q, special %v", id, name, special)
	}
	if _, ok := tok.Special("<|no_such_token|>"); ok {
		t.Error("found a token that is not there")
	}
	if _, ok := tok.Special("user"); ok {
		t.Error("a text token was found as a special one")
	}
	if text := tok.Decode([]int32{id}); text != "" {
		t.Errorf("<|eot|> stands for the text %q", text)
	}
	for _, id := range []int32{-1, int32(tok.Len())} {
		if name, special := tok.Token(id); name != "" || !special {
			t.Errorf("id %d outside the vocabulary is %q, special %v", id, name, special)
		}
	}
}

func TestStopTokensIncludeTheFilesEndOfText(t *testing.T) {
	v := tinyVocab(t, "llama4")
	eot := int32(slices.Index(v.Tokens.(List), "<|eot|>"))
	eom := int32(slices.Index(v.Tokens.(List), "<|eom|>"))
	v.EOS = int(eot)
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	if stops := tok.StopTokens("<|eom|>", "<|eot|>", "<|eot_id|>"); !slices.Equal(stops, []int32{eot, eom}) {
		t.Errorf("stop tokens %v, want %v", stops, []int32{eot, eom})
	}
	if _, ok, _ := tok.BOS(); ok {
		t.Error("a vocabulary without BOS has one")
	}
}

func TestBadVocabularyHasAnErrorCode(t *testing.T) {
	good := func() Vocab { return tinyVocab(t, "smollm") }
	tests := []struct {
		name  string
		spoil func(*Vocab)
		code  errs.Code
		says  string
	}{
		{"another model", func(v *Vocab) { v.Model = "bert" }, errs.UnsupportedTokenizer, `"bert"`},
		{"SentencePiece without scores", func(v *Vocab) { v.Model = "llama" }, errs.BadModel, "scores"},
		{"another pre-tokenizer", func(v *Vocab) { v.Pre = "qwen2" }, errs.UnsupportedTokenizer, `"qwen2"`},
		{"no tokens", func(v *Vocab) { v.Tokens = List{} }, errs.BadModel, "empty"},
		{"no token list", func(v *Vocab) { v.Tokens = nil }, errs.BadModel, "empty"},
		{"too few types", func(v *Vocab) { v.Types = v.Types[1:] }, errs.BadModel, "types"},
		{"no merges", func(v *Vocab) { v.Merges = List{} }, errs.BadModel, "merges"},
		{"no merge list", func(v *Vocab) { v.Merges = nil }, errs.BadModel, "merges"},
		{"a merge of unknown tokens", func(v *Vocab) { v.Merges = List{"qqq zzz"} }, errs.BadModel, `merge 0, "qqq zzz"`},
		{"a merge of nothing", func(v *Vocab) { v.Merges = List{""} }, errs.BadModel, "merge 0"},
		{"BOS outside", func(v *Vocab) { v.BOS = 1 << 20 }, errs.BadModel, "begin"},
		{"EOS outside", func(v *Vocab) { v.EOS = -2 }, errs.BadModel, "end"},
	}
	for _, test := range tests {
		v := good()
		test.spoil(&v)
		_, err := New(v)
		if !errors.Is(err, errs.New(test.code, "")) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %s with %q", test.name, err, test.code, test.says)
		}
	}
	if _, err := New(good()); err != nil {
		t.Errorf("the valid vocabulary: %v", err)
	}
}

// Without types every token is text. The pre-tokenizer llama4 needs no merges.
func TestTypesAndMergesMayBeAbsent(t *testing.T) {
	v := tinyVocab(t, "llama4")
	v.Types, v.Merges = nil, nil
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tok.Special("<|eot|>"); ok {
		t.Error("a token without a type is special")
	}
}

// A piece of a quarter of a megabyte takes a second in O(n log n) and minutes in O(n²).
func TestLongPiecesAreNotQuadratic(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	mixed := make([]byte, 1<<18)
	for i := range mixed {
		mixed[i] = "aetoAETO"[random.IntN(8)]
	}
	texts := []string{strings.Repeat("a", 1<<18), strings.Repeat(" ", 1<<18), strings.Repeat("\n", 1<<18),
		strings.Repeat("ʰA", 1<<17), strings.Repeat("A\u0301", 1<<16), string(mixed)}
	for pre := range splitters {
		tok := newTiny(t, pre)
		start := time.Now()
		for _, text := range texts {
			if tok.Decode(tok.Encode(text)) != text {
				t.Errorf("%s: %.10q… is not decoded as itself", pre, text)
			}
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %v", pre, took)
		}
	}
}

func TestBytesWithoutATokenAreLeftOut(t *testing.T) {
	tok, err := New(Vocab{Model: "gpt2", Pre: "smollm", Tokens: List{"a", "b", "ab"}, Merges: List{"a b"}, BOS: -1,
		EOS: -1})
	if err != nil {
		t.Fatal(err)
	}
	// As in Hugging Face's BPE, the bytes around one that is left out are neighbours.
	if ids := tok.Encode("axb bxba\x01"); !slices.Equal(ids, []int32{2, 1, 1, 0}) {
		t.Errorf("got %v", ids)
	}
}

// Llama 3's vocabulary has tokens that no merges make. Its tokenizer encodes such a piece as the token; SmolLM's does
// not.
func TestLlama3EncodesAPieceThatIsATokenWithoutMerging(t *testing.T) {
	for pre, want := range map[string][]int32{"llama-bpe": {4}, "smollm": {3, 2}} {
		tok, err := New(Vocab{Model: "gpt2", Pre: pre, Tokens: List{"a", "b", "c", "ab", "abc"}, Merges: List{"a b"},
			BOS: -1, EOS: -1})
		if err != nil {
			t.Fatal(err)
		}
		if ids := tok.Encode("abc"); !slices.Equal(ids, want) {
			t.Errorf("%s: %v, want %v", pre, ids, want)
		}
	}
}

func TestTheFirstOfEqualTokensAndMergesIsUsed(t *testing.T) {
	tok, err := New(Vocab{Model: "gpt2", Pre: "smollm", Tokens: List{"a", "b", "c", "ab", "bc", "a"},
		Merges: List{"a b", "b c", "a b"}, BOS: -1, EOS: -1})
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encode("abc a"); !slices.Equal(ids, []int32{3, 2, 0}) {
		t.Errorf("got %v", ids)
	}
}

// A token with a rune outside GPT-2's alphabet is its own text.
func TestTokenOutsideTheAlphabetIsItsOwnText(t *testing.T) {
	tok, err := New(Vocab{Model: "gpt2", Pre: "llama4", Tokens: List{"a", "a日"}, BOS: -1, EOS: -1})
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encode("a日"); !slices.Equal(ids, []int32{1}) || tok.Decode(ids) != "a日" {
		t.Errorf("%v is %q", ids, tok.Decode(ids))
	}
}

func TestLlama4VocabHasTheSpecialsAfterTheRanks(t *testing.T) {
	ranks := make([]string, 256)
	for b := range ranks {
		ranks[b] = string([]byte{byte(b)})
	}
	v := Llama4Vocab(append(ranks, "ab", " ab"))
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encode("ab ab\n"); !slices.Equal(ids, []int32{256, 257, '\n'}) {
		t.Errorf("ids %v", ids)
	}
	if id, ok, add := tok.BOS(); id != 258 || !ok || !add {
		t.Errorf("BOS %d %v %v", id, ok, add)
	}
	if stops := tok.StopTokens(); !slices.Equal(stops, []int32{258 + 8}) {
		t.Errorf("stop tokens %v, want <|eot|>", stops)
	}
}
