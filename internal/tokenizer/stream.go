package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream decodes tokens to text one by one. An incomplete rune is kept until it is complete. Bytes that cannot become a
// rune are decoded as browsers do: one U+FFFD for each longest prefix of a rune. Use NewStream to make a Stream.
type Stream struct {
	tokens  *Tokenizer
	pending []byte // an incomplete rune: at most 3 bytes
}

// NewStream returns a decoder for one text.
func (t *Tokenizer) NewStream() *Stream { return &Stream{tokens: t} }

// Push decodes a token and returns the text that is certain, which may be empty. A special token has no text; it ends
// an incomplete rune before it.
func (s *Stream) Push(id int32) string {
	token, special := s.tokens.Token(id)
	if special {
		return s.Flush()
	}
	return s.push(token)
}

// Flush ends the text and returns U+FFFD if a rune is incomplete.
func (s *Stream) Flush() string {
	incomplete := len(s.pending) > 0
	s.pending = nil
	if !incomplete {
		return ""
	}
	return string(utf8.RuneError)
}

// push decodes the bytes of a token.
func (s *Stream) push(token string) string {
	if len(s.pending) > 0 {
		token = string(s.pending) + token
		s.pending = nil
	}
	if utf8.ValidString(token) {
		return token
	}
	var text strings.Builder
	for len(token) > 0 {
		if !utf8.FullRuneInString(token) {
			s.pending = []byte(token)
			break
		}
		r, n := utf8.DecodeRuneInString(token)
		if r == utf8.RuneError && n == 1 {
			n = badPrefix(token)
		}
		text.WriteRune(r)
		token = token[n:]
	}
	return text.String()
}

// badPrefix returns the length of the longest prefix of s that could be the beginning of a rune, at least 1. No rune
// begins at s.
func badPrefix(s string) int {
	n := 1
	for n < len(s) && !utf8.FullRuneInString(s[:n]) && !utf8.FullRuneInString(s[:n+1]) {
		n++
	}
	return n
}
