package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is what the published patterns ask of a rune: a set of flags.
type class uint8

const (
	upper    class = 1 << iota // Lu, Lt
	lower                      // Ll
	caseless                   // Lm, Lo
	mark                       // M; always other as well
	number                     // N
	space                      // White_Space, the patterns' \s
	newline                    // CR and LF; always space as well
	other                      // [^\s\p{L}\p{N}]

	letter = upper | lower | caseless
)

var asciiClass = func() (table [utf8.RuneSelf]class) {
	for r := range table {
		table[r] = lookUp(rune(r))
	}
	return table
}()

// classAt gives the class and the length of the rune of s at byte i. A byte that is not UTF-8 is one rune, other.
func classAt(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return lookUp(r), n
}

func lookUp(r rune) class {
	switch {
	case r == '\r' || r == '\n':
		return newline | space
	case unicode.Is(unicode.Ll, r):
		return lower
	case unicode.Is(unicode.Lo, r) || unicode.Is(unicode.Lm, r):
		return caseless
	case unicode.Is(unicode.Lu, r) || unicode.Is(unicode.Lt, r):
		return upper
	case unicode.IsSpace(r):
		return space
	case unicode.IsNumber(r):
		return number
	case unicode.IsMark(r):
		return mark | other
	}
	return other
}

// span is the end of the run of runes of the wanted classes that starts at byte i of s.
func span(s string, i int, want class) int {
	for i < len(s) {
		c, n := classAt(s, i)
		if c&want == 0 {
			break
		}
		i += n
	}
	return i
}
