// Package tokenizer encodes text as a model's tokens and decodes tokens, with the vocabulary of a GGUF file: byte-level
// BPE, or the BPE of SentencePiece. It does not know chats and prompts: all text is encoded as text, and special tokens
// are looked up by name only.
package tokenizer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// Strings is a list of strings that need not be Go strings in memory: the strings of a GGUF file implement it.
type Strings interface {
	// Len returns the number of strings.
	Len() int
	// At returns string i.
	At(i int) string
}

// List implements Strings with a slice.
type List []string

// Len implements Strings.
func (l List) Len() int { return len(l) }

// At implements Strings.
func (l List) At(i int) string { return l[i] }

// Vocab is the tokenizer section of a GGUF file (docs/spec/llama4.md §5.5).
type Vocab struct {
	Model  string  // tokenizer.ggml.model: "gpt2" is byte-level BPE, "llama" the BPE of SentencePiece
	Pre    string  // tokenizer.ggml.pre: how text is split before merging
	Tokens Strings // tokenizer.ggml.tokens
	Merges Strings // tokenizer.ggml.merges; not used for llama4, whose ids are the ranks
	Types  []int32 // tokenizer.ggml.token_type: one for each token; if empty, all tokens are text
	BOS    int     // tokenizer.ggml.bos_token_id, or -1
	EOS    int     // tokenizer.ggml.eos_token_id, or -1
	AddBOS bool    // tokenizer.ggml.add_bos_token

	// Of SentencePiece alone.
	Scores         []float32 // tokenizer.ggml.scores: one for each token
	Unknown        int       // tokenizer.ggml.unknown_token_id, or -1
	AddSpacePrefix bool      // tokenizer.ggml.add_space_prefix: a space is put before every text
}

// Types of tokens in a GGUF file. A token that is neither undefined nor normal is special: it has no text.
const (
	typeUndefined = 0
	typeNormal    = 1
	typeControl   = 3
	typeByte      = 6 // of SentencePiece: <0x41>
)

// Tokenizer encodes and decodes text. It is immutable and may be used by several goroutines at once.
type Tokenizer struct {
	text         tokenText
	textIndex    *index // tokens with text, by their bytes; those of SentencePiece that are single bytes are not in it
	specialIndex *index // special tokens, by their names
	isSpecial    []bool
	encoder      encoder
	bos, eos     int32
	addBOS       bool
}

// encoder encodes text as tokens that are not special.
type encoder interface {
	encode(text string) []int32
}

// New returns a tokenizer for a vocabulary. It copies v's lists. Errors: UnsupportedTokenizer for an unknown model or
// pre-tokenizer, BadModel for a vocabulary that contradicts itself.
func New(v Vocab) (*Tokenizer, error) {
	_, known := splitters[v.Pre]
	switch {
	case v.Model != "gpt2" && v.Model != "llama":
		return nil, errs.New(errs.UnsupportedTokenizer, fmt.Sprintf("the file's tokenizer is of the kind %q; supported are "+
			"byte-level BPE (\"gpt2\") and SentencePiece (\"llama\"): choose another file", v.Model))
	case v.Model == "gpt2" && !known:
		return nil, errs.New(errs.UnsupportedTokenizer, fmt.Sprintf(
			"the file's pre-tokenizer is %q; supported are llama4, llama-bpe and smollm: choose another file", v.Pre))
	}
	if err := v.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{bos: int32(v.BOS), eos: int32(v.EOS), addBOS: v.AddBOS}
	t.load(v)
	if v.Model == "llama" {
		t.encoder = newRuneEncoder(v, t.textIndex)
		return t, nil
	}
	bytes, err := newByteEncoder(v, t.textIndex)
	t.encoder = bytes
	return t, err
}

// check returns an error for a vocabulary that contradicts itself.
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
	case v.Model == "llama" && len(v.Scores) != n:
		return broken("the vocabulary has %d tokens but %d scores", n, len(v.Scores))
	case v.Model == "gpt2" && v.Pre != "llama4" && (v.Merges == nil || v.Merges.Len() == 0):
		return broken("the tokenizer has no list of merges")
	case v.BOS < -1 || v.BOS >= n || v.EOS < -1 || v.EOS >= n:
		return broken("the vocabulary has %d tokens; its beginning-of-text token %d or its end-of-text token %d "+
			"is not one of them", n, v.BOS, v.EOS)
	}
	return nil
}

// load copies the tokens and indexes them.
func (t *Tokenizer) load(v Vocab) {
	n := v.Tokens.Len()
	t.isSpecial = make([]bool, n)
	t.text.ends = make([]uint32, n)
	size, specials := 0, 0
	for id := range n {
		size += len(v.Tokens.At(id))
		t.isSpecial[id] = v.isSpecial(id)
		if t.isSpecial[id] {
			specials++
		}
	}
	text := make([]byte, 0, size)
	for id := range n {
		text = v.appendText(text, id)
		t.text.ends[id] = uint32(len(text))
	}
	t.text.text = string(text)
	t.index(v, specials)
}

// isSpecial reports whether a token has no text.
func (v *Vocab) isSpecial(id int) bool {
	if len(v.Types) == 0 {
		return false
	}
	kind := v.Types[id]
	return kind != typeNormal && kind != typeUndefined && !v.isByte(id)
}

// isByte reports whether a token of SentencePiece stands for a byte.
func (v *Vocab) isByte(id int) bool {
	if v.Model != "llama" || len(v.Types) == 0 || v.Types[id] != typeByte {
		return false
	}
	_, ok := byteOf(v.Tokens.At(id))
	return ok
}

// appendText appends the bytes of a token, or the name of a special one.
func (v *Vocab) appendText(dst []byte, id int) []byte {
	token := v.Tokens.At(id)
	switch {
	case v.isByte(id):
		b, _ := byteOf(token)
		return append(dst, b)
	case v.isSpecial(id):
		return append(dst, token...)
	case v.Model == "llama":
		return append(dst, strings.ReplaceAll(token, wordStart, " ")...)
	}
	return appendBytes(dst, token)
}

// index makes the indexes of the tokens, of which numSpecials are special.
func (t *Tokenizer) index(v Vocab, numSpecials int) {
	n := t.Len()
	t.textIndex, t.specialIndex = newIndex(&t.text, n-numSpecials), newIndex(&t.text, numSpecials)
	for id := range int32(n) {
		if t.isSpecial[id] {
			t.specialIndex.add(id)
		} else if !v.isByte(int(id)) {
			t.textIndex.add(id)
		}
	}
}

// Encode returns the tokens of text. Names of special tokens in text are encoded as text.
func (t *Tokenizer) Encode(text string) []int32 { return t.encoder.encode(text) }

// Decode returns the bytes of tokens; special tokens have none. A token may end inside a rune, so the text of a part
// of an answer need not be valid UTF-8. Use a Stream to decode an answer token by token.
func (t *Tokenizer) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		if token, special := t.Token(id); !special {
			text = append(text, token...)
		}
	}
	return string(text)
}

// Token returns the bytes of a token or, if it is special, its name. An id outside the vocabulary, which a model with a
// padded last layer can have, is special and has no name.
func (t *Tokenizer) Token(id int32) (token string, special bool) {
	if id < 0 || int(id) >= t.Len() {
		return "", true
	}
	return t.text.at(id), t.isSpecial[id]
}

// Special returns the id of the special token with a name.
func (t *Tokenizer) Special(name string) (int32, bool) { return t.specialIndex.find(name) }

// Len returns the number of tokens.
func (t *Tokenizer) Len() int { return len(t.text.ends) }

// BOS returns the beginning-of-text token, whether the vocabulary has one, and whether the file asks for it before
// every text.
func (t *Tokenizer) BOS() (id int32, ok, add bool) { return t.bos, t.bos >= 0, t.addBOS && t.bos >= 0 }

// StopTokens returns the tokens that end an answer: the file's end-of-text token, and those of the named special tokens
// that are in the vocabulary.
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
