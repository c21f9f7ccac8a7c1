package tokenizer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// runeEncoder is the BPE of SentencePiece, as the files of Llama 2, TinyLlama and Mistral have it: the whole text is
// one piece, whose runes are merged to tokens, the one of the highest score first. A rune without a token becomes the
// tokens of its bytes. Reference: llama.cpp's tokenizer of the kind "llama".
type runeEncoder struct {
	ranks     scoreRanks
	bytes     [256]int32 // the token of each byte, or noToken
	unknown   int32      // stands for a byte without a token; noToken if the vocabulary has none
	addPrefix bool       // a space is put before the text
}

// wordStart is how SentencePiece writes a space.
const wordStart = "▁"

func newRuneEncoder(v Vocab, tokens *index) *runeEncoder {
	e := &runeEncoder{ranks: newScoreRanks(v.Scores, tokens), unknown: int32(v.Unknown), addPrefix: v.AddSpacePrefix}
	for b := range e.bytes {
		e.bytes[b] = noToken
	}
	for id, kind := range v.Types {
		if b, ok := byteOf(v.Tokens.At(id)); ok && kind == typeByte {
			e.bytes[b] = int32(id)
		}
	}
	return e
}

// byteOf returns the byte that the token <0x41> stands for.
func byteOf(token string) (byte, bool) {
	hex, ok := strings.CutPrefix(token, "<0x")
	if !ok || len(hex) != 3 || hex[2] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(hex[:2], 16, 8)
	return byte(b), err == nil
}

func (e *runeEncoder) encode(text string) (ids []int32) {
	if text == "" {
		return nil
	}
	text = strings.ReplaceAll(text, wordStart, " ") // as in the reference, for which the two are the same
	if e.addPrefix {
		text = " " + text
	}
	m := merger{ranks: e.ranks}
	m.begin(text)
	for at := 0; at < len(text); {
		_, n := utf8.DecodeRuneInString(text[at:])
		m.add(e.ranks.token(text[at:at+n]), at)
		at += n
	}
	m.merge()
	for token, symbol := range m.all {
		if token == noToken {
			ids = e.appendBytes(ids, symbol)
		} else {
			ids = append(ids, token)
		}
	}
	return ids
}

// appendBytes appends the tokens of the bytes of a rune that has no token.
func (e *runeEncoder) appendBytes(ids []int32, symbol string) []int32 {
	for i := range len(symbol) {
		if id := e.bytes[symbol[i]]; id != noToken {
			ids = append(ids, id)
		} else if e.unknown != noToken {
			ids = append(ids, e.unknown)
		}
	}
	return ids
}

// scoreRanks is the order of scores: two neighbours can be merged if their text together is a token. The rank of a
// token is the number of scores that are higher; equal scores have equal ranks.
type scoreRanks struct {
	tokens *index
	ranks  []uint32 // by token
}

func newScoreRanks(scores []float32, tokens *index) scoreRanks {
	order := make([]int32, len(scores))
	for id := range order {
		order[id] = int32(id)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	r := scoreRanks{tokens, make([]uint32, len(scores))}
	for i, id := range order {
		r.ranks[id] = uint32(i)
		if i > 0 && scores[id] == scores[order[i-1]] {
			r.ranks[id] = r.ranks[order[i-1]]
		}
	}
	return r
}

func (r scoreRanks) merge(_, _ int32, joined string) (rank uint32, token int32) {
	if id := r.token(joined); id != noToken {
		return r.ranks[id], id
	}
	return noRank, noToken
}

// token returns the token of a text, or noToken.
func (r scoreRanks) token(text string) int32 {
	if id, ok := r.tokens.find(text); ok {
		return id
	}
	return noToken
}
