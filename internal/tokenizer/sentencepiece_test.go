package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// sentencePieceGolden is what testdata/make_sentencepiece.py writes.
type sentencePieceGolden struct {
	Tokens    List
	Scores    []float32
	Types     []int32
	Encodings []encoding
}

// sentencePiece returns the vocabulary that SentencePiece trained, and what it makes of strings. The environment
// variable SENTENCEPIECE_GOLDEN names a larger file of the same form.
func sentencePiece(t testing.TB) (*Tokenizer, []encoding) {
	t.Helper()
	name := "testdata/sentencepiece.json"
	if other := os.Getenv("SENTENCEPIECE_GOLDEN"); other != "" {
		name = other
	}
	var golden sentencePieceGolden
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	tok, err := New(Vocab{Model: "llama", Tokens: golden.Tokens, Scores: golden.Scores, Types: golden.Types, Unknown: 0,
		BOS: 1, EOS: 2, AddSpacePrefix: true, AddBOS: true})
	if err != nil {
		t.Fatal(err)
	}
	return tok, golden.Encodings
}

func TestEncodeEqualsSentencePiece(t *testing.T) {
	tok, golden := sentencePiece(t)
	compare(t, tok, golden)
}

func TestDecodeInvertsEncodeOfSentencePieceButForTheFirstSpace(t *testing.T) {
	tok, golden := sentencePiece(t)
	for _, g := range golden {
		want := strings.ReplaceAll(g.Text, wordStart, " ")
		if want != "" {
			want = " " + want
		}
		if text := tok.Decode(tok.Encode(g.Text)); text != want {
			t.Errorf("%q is decoded as %q", g.Text, text)
		}
	}
}

func TestNamesOfControlAndByteTokensStayText(t *testing.T) {
	tok, _ := sentencePiece(t)
	for _, text := range []string{"<s>", "</s>", "<unk>", "<0x41>"} {
		ids := tok.Encode(text)
		if len(ids) == 1 {
			t.Errorf("%q is token %d", text, ids[0])
		}
		for _, id := range ids {
			if name, special := tok.Token(id); special {
				t.Errorf("%q is encoded with the special token %q", text, name)
			}
		}
	}
}

func TestABytesTokenIsFoundByNoText(t *testing.T) {
	tok, _ := sentencePiece(t)
	if ids := tok.Encode("\x01"); len(ids) != 2 || !slices.Equal(ids[1:], []int32{3 + 1}) { // after <unk>, <s> and </s>
		t.Errorf("the byte 1 is encoded as %v", ids)
	}
	without := tok.encoder.(*runeEncoder)
	without.bytes[1], without.unknown = noToken, 0
	if ids := tok.Encode("\x01"); len(ids) != 2 || ids[1] != 0 {
		t.Errorf("a byte without a token is encoded as %v, want the unknown token", ids)
	}
}

// A quarter of a million runes take a tenth of a second in O(n log n) and minutes in O(n²).
func TestManyEqualRunesAreNotQuadratic(t *testing.T) {
	tok, _ := sentencePiece(t)
	start := time.Now()
	for _, r := range []string{"a", " ", "é", "🦙"} {
		tok.Encode(strings.Repeat(r, 1<<18))
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}
