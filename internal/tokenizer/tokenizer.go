// Package tokenizer encodes text as a model's tokens and decodes tokens: byte-level BPE with the vocabulary of a GGUF
// file. It does not know chats and prompts: all text is encoded as text, and special tokens are looked up by name only.
package tokenizer

import (
	"fmt"
	"slices"

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
	Model  string  // tokenizer.ggml.model; "gpt2" is byte-level BPE
	Pre    string  // tokenizer.ggml.pre: how text is split before merging
	Tokens Strings // tokenizer.ggml.tokens
	Merges Strings // tokenizer.ggml.merges; not used for llama4, whose ids are the ranks
	Types  []int32 // tokenizer.ggml.token_type: one for each token; if empty, all tokens are text
	BOS    int     // tokenizer.ggml.bos_token_id, or -1
	EOS    int     // tokenizer.ggml.eos_token_id, or -1
	AddBOS bool    // tokenizer.ggml.add_bos_token
}

// Types of tokens in a GGUF file. A token that is neither undefined nor normal is special: it has no text.
const (
	typeUndefined = 0
	typeNormal    = 1
	typeControl   = 3
)

// Tokenizer encodes and decodes text. It is immutable and may be used by several goroutines at once.
type Tokenizer struct {
	text         tokenText
	textIndex    *index // tokens with text, by their bytes
	specialIndex *index // special tokens, by their names
	isSpecial    []bool
	bytes        [256]int32 // the token of each single byte, or noToken
	ranks        ranker
	split        splitter
	wholePieces  bool // a piece that is a token is encoded as that token, without merging
	bos, eos     int32
	addBOS       bool
}

// New returns a tokenizer for a vocabulary. It copies v's lists. Errors: UnsupportedTokenizer for an unknown model or
// pre-tokenizer, BadModel for a vocabulary that contradicts itself.
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
	t := &Tokenizer{split: split, wholePieces: v.Pre == "llama-bpe", bos: int32(v.BOS), eos: int32(v.EOS),
		addBOS: v.AddBOS}
	t.load(v)
	if v.Pre == "llama4" {
		// Merging its own bytes makes every token (docs/spec/llama4.md §5.1), so whole pieces need no merging.
		t.ranks, t.wholePieces = tokenRanks{t.textIndex}, true
		return t, nil
	}
	merges, err := newMergeRanks(v.Merges, t.textIndex)
	t.ranks = merges
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
	case v.Pre != "llama4" && (v.Merges == nil || v.Merges.Len() == 0):
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
		t.text.ends[id] = uint32(len(text))
	}
	t.text.text = string(text)
	t.index(specials)
}

// index makes the indexes of the tokens, of which numSpecials are special.
func (t *Tokenizer) index(numSpecials int) {
	n := t.Len()
	t.textIndex, t.specialIndex = newIndex(&t.text, n-numSpecials), newIndex(&t.text, numSpecials)
	for id := range int32(n) {
		if t.isSpecial[id] {
			t.specialIndex.add(id)
		} else {
			t.textIndex.add(id)
		}
	}
	for b := range t.bytes {
		if id, ok := t.textIndex.find(string([]byte{byte(b)})); ok {
			t.bytes[b] = id
		} else {
			t.bytes[b] = noToken
		}
	}
}

// Encode returns the tokens of text. Names of special tokens in text are encoded as text.
func (t *Tokenizer) Encode(text string) (ids []int32) {
	m := merger{ranks: t.ranks, bytes: &t.bytes}
	for len(text) > 0 {
		piece := text[:t.split(text)]
		text = text[len(piece):]
		if id, ok := t.wholePiece(piece); ok {
			ids = append(ids, id)
		} else {
			ids = m.append(ids, piece)
		}
	}
	return ids
}

// wholePiece returns the token that a piece is encoded as without merging, if the model allows that.
func (t *Tokenizer) wholePiece(piece string) (int32, bool) {
	if !t.wholePieces {
		return 0, false
	}
	return t.textIndex.find(piece)
}

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
