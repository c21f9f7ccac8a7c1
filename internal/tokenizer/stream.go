package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream turns tokens into text as they come. Half a rune waits for its other half; bytes that can no longer become
// a rune are U+FFFD, one for each longest beginning of a rune, as browsers do. The zero value is not usable: NewStream.
type Stream struct {
	tokens  *Tokenizer
	pending []byte // the beginning of a rune: at most 3 bytes
}

// NewStream starts a text.
func (t *Tokenizer) NewStream() *Stream { return &Stream{tokens: t} }

// Push takes a token and gives the text that is now certain; it may be empty. A special token has no text and ends
// the text before it.
func (s *Stream) Push(id int32) string {
	token, special := s.tokens.Token(id)
	if special {
		return s.Flush()
	}
	return s.push(token)
}

// Flush ends the text: what was held can no longer become a rune.
func (s *Stream) Flush() string {
	held := s.pending
	s.pending = nil
	if len(held) == 0 {
		return ""
	}
	return string(utf8.RuneError)
}

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

// badPrefix is the length of the longest beginning of s that could have begun a rune; s starts with none.
func badPrefix(s string) int {
	n := 1
	for n < len(s) && !utf8.FullRuneInString(s[:n]) && !utf8.FullRuneInString(s[:n+1]) {
		n++
	}
	return n
}
