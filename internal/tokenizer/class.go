package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is the set of classes of a rune that the published patterns distinguish.
type class uint8

const (
	upper    class = 1 << iota // Lu, Lt
	lower                      // Ll
	caseless                   // Lm, Lo
	mark                       // M; always together with other
	number                     // N
	space                      // White_Space, the patterns' \s
	newline                    // CR and LF; always together with space
	other                      // [^\s\p{L}\p{N}]

	letters = upper | lower | caseless
)

var asciiClass = func() (table [utf8.RuneSelf]class) {
	for r := range table {
		table[r] = classOf(rune(r))
	}
	return table
}()

// classAt returns the class and the length in bytes of the rune of s at byte i. A byte that is not part of a valid rune
// is a rune of the class other.
func classAt(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return classOf(r), n
}

// classOf returns the class of a rune.
func classOf(r rune) class {
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

// span returns the end of the run of runes of the given classes that starts at byte i of s.
func span(s string, i int, classes class) int {
	for i < len(s) {
		c, n := classAt(s, i)
		if c&classes == 0 {
			break
		}
		i += n
	}
	return i
}
