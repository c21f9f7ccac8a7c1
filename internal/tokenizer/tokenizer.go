// Package tokenizer turns text into a model's tokens and back: byte-level BPE on the vocabulary that the GGUF file
// carries. It knows nothing of chats and prompts: text given to it is only ever text, and special tokens are looked
// up by name, never found in text.
package tokenizer

import (
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
)

// Strings is a list of strings that need not be Go strings: a file's own slab will do.
type Strings interface {
	Len() int
	At(i int) string
}

// List is Strings in memory.
type List []string

func (l List) Len() int        { return len(l) }
func (l List) At(i int) string { return l[i] }

// Vocab is the tokenizer section of a GGUF file, as docs/spec/gguf.md names the keys.
type Vocab struct {
	Model  string  // tokenizer.ggml.model; "gpt2" is byte-level BPE
	Pre    string  // tokenizer.ggml.pre: how text is cut before merging
	Tokens Strings // tokenizer.ggml.tokens
	Merges Strings // tokenizer.ggml.merges; llama4 does not need it, its ids are the ranks
	Types  []int32 // tokenizer.ggml.token_type: one a token, or none, and then all are text
	BOS    int     // tokenizer.ggml.bos_token_id, or -1
	EOS    int     // tokenizer.ggml.eos_token_id, or -1
	AddBOS bool    // tokenizer.ggml.add_bos_token
}

// Token types of a GGUF file. A token of any other type is special: it stands for no text.
const (
	typeUndefined = 0
	typeNormal    = 1
	typeControl   = 3
)

// Tokenizer encodes and decodes. It does not change once made and may be shared between goroutines.
type Tokenizer struct {
	tokens    slab
	text      *index // tokens that stand for text, by their bytes
	special   *index // the others, by their names
	isSpecial []bool
	bytes     [256]int32 // the token of each single byte, or missing
	ranks     ranker
	split     splitter
	whole     bool // a piece that is a token is that token, whatever the merges would do
	bos, eos  int32
	addBOS    bool
}

// New builds a tokenizer; v's lists are not kept. Errors: UnsupportedTokenizer names the model or pre-tokenizer that
// is not known, BadModel says what in the vocabulary contradicts itself.
func New(v Vocab) (*Tokenizer, error) {
	split, ok := splitters[v.Pre]
	switch {
	case v.Model != "gpt2":
		return nil, errs.New(errs.UnsupportedTokenizer, fmt.Sprintf(
			"the file's tokenizer is of the kind %q; only byte-level BPE (\"gpt2\") is supported: choose another file", v.Model))
	case !ok:
		return nil, errs.New(errs.UnsupportedTokenizer, fmt.Sprintf(
			"the file's pre-tokenizer is %q; supported are llama4, llama-bpe and smollm: choose another file", v.Pre))
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{split: split, whole: v.Pre == "llama-bpe", bos: int32(v.BOS), eos: int32(v.EOS), addBOS: v.AddBOS}
	t.load(v)
	if v.Pre == "llama4" {
		t.ranks, t.whole = vocabularyRanks{t.text}, true // every token is reached from its own bytes: docs/spec/llama4.md §5.1
		return t, nil
	}
	merges, err := newMergeRanks(v.Merges, t.text)
	t.ranks = merges
	return t, err
}

func (v *Vocab) check() error {
	n := 0
	if v.Tokens != nil {
		n = v.Tokens.Len()
	}
	broken := func(format string, args ...any) error {
		return errs.New(errs.BadModel, fmt.Sprintf(format, args...)+"; the file is damaged")
	}
	switch {
	case n == 0:
		return broken("the file's vocabulary is empty")
	case len(v.Types) != 0 && len(v.Types) != n:
		return broken("the vocabulary has %d tokens but %d token types", n, len(v.Types))
	case v.Pre != "llama4" && (v.Merges == nil || v.Merges.Len() == 0):
		return broken("the tokenizer has no list of merges")
	case v.BOS < -1 || v.BOS >= n || v.EOS < -1 || v.EOS >= n:
		return broken("the vocabulary has %d tokens, so neither %d can begin a text nor %d end it", n, v.BOS, v.EOS)
	}
	return nil
}

// load copies the tokens into the slab and enters them in their index.
func (t *Tokenizer) load(v Vocab) {
	n := v.Tokens.Len()
	t.isSpecial = make([]bool, n)
	t.tokens.ends = make([]uint32, n)
	size, specials := 0, 0
	for id := range n {
		size += len(v.Tokens.At(id))
		t.isSpecial[id] = len(v.Types) > 0 && v.Types[id] != typeNormal && v.Types[id] != typeUndefined
		if t.isSpecial[id] {
			specials++
		}
	}
	text := make([]byte, 0, size)
	for id := range n {
		if t.isSpecial[id] {
			text = append(text, v.Tokens.At(id)...)
		} else {
			text = appendBytes(text, v.Tokens.At(id))
		}
		t.tokens.ends[id] = uint32(len(text))
	}
	t.tokens.text = string(text)
	t.text, t.special = newIndex(&t.tokens, n-specials), newIndex(&t.tokens, specials)
	for id := range int32(n) {
		if t.isSpecial[id] {
			t.special.add(id)
		} else {
			t.text.add(id)
		}
	}
	for b := range t.bytes {
		if id, ok := t.text.find(string([]byte{byte(b)})); ok {
			t.bytes[b] = id
		} else {
			t.bytes[b] = missing
		}
	}
}

// Encode gives the tokens of text. Names of special tokens in it are text like any other.
func (t *Tokenizer) Encode(text string) []int32 { return t.Append(nil, text) }

// Append appends the tokens of text to dst.
func (t *Tokenizer) Append(dst []int32, text string) []int32 {
	m := merger{ranks: t.ranks, bytes: &t.bytes}
	for len(text) > 0 {
		piece := text[:t.split(text)]
		text = text[len(piece):]
		if id, ok := t.wholePiece(piece); ok {
			dst = append(dst, id)
		} else {
			dst = m.append(dst, piece)
		}
	}
	return dst
}

func (t *Tokenizer) wholePiece(piece string) (int32, bool) {
	if !t.whole {
		return 0, false
	}
	return t.text.find(piece)
}

// Decode gives the bytes that ids stand for; special tokens stand for none. Tokens may cut a rune in two, so a part
// of an answer need not be UTF-8: use a Stream to show one as it grows.
func (t *Tokenizer) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		if token, special := t.Token(id); !special {
			text = append(text, token...)
		}
	}
	return string(text)
}

// Token gives a token's bytes or, of a special token, its name. An id outside the vocabulary (models pad their last
// layer) is special and has no name.
func (t *Tokenizer) Token(id int32) (token string, special bool) {
	if id < 0 || int(id) >= t.Len() {
		return "", true
	}
	return t.tokens.at(id), t.isSpecial[id]
}

// Special finds a special token by its name.
func (t *Tokenizer) Special(name string) (int32, bool) { return t.special.find(name) }

// Len is the number of tokens.
func (t *Tokenizer) Len() int { return len(t.tokens.ends) }

// BOS is the token that begins a text, if the vocabulary has one, and whether the file asks for it before every text.
func (t *Tokenizer) BOS() (id int32, ok, add bool) { return t.bos, t.bos >= 0, t.addBOS && t.bos >= 0 }

// StopTokens are the tokens that end an answer: the file's own, and those of the names given that the vocabulary has.
func (t *Tokenizer) StopTokens(names ...string) []int32 {
	var stops []int32
	if t.eos >= 0 {
		stops = append(stops, t.eos)
	}
	for _, name := range names {
		if id, ok := t.Special(name); ok && !slices.Contains(stops, id) {
			stops = append(stops, id)
		}
	}
	return stops
}
