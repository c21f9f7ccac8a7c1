package json

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The errors of this package.
var (
	ErrIncomplete = errors.New("json: the text ends too early")     // further text could complete it
	ErrMalformed  = errors.New("json: the text is not well formed") // no further text could
)

// String reads the string with which text begins. It returns its value and the number of bytes of text that it takes.
// Bytes that are not UTF-8 stay as they are; an unpaired surrogate becomes U+FFFD. Errors: ErrIncomplete, ErrMalformed.
func String(text string) (value string, n int, err error) {
	if text == "" {
		return "", 0, ErrIncomplete
	}
	if text[0] != '"' {
		return "", 0, ErrMalformed
	}
	var s strings.Builder
	for n = 1; n < len(text); {
		size := 1
		switch b := text[n]; {
		case b == '"':
			return s.String(), n + 1, nil
		case b < ' ':
			return "", 0, ErrMalformed
		case b != '\\':
			s.WriteByte(b)
		default:
			if size, err = Escape(text[n:], &s); err != nil {
				return "", 0, err
			}
		}
		n += size
	}
	return "", 0, ErrIncomplete
}

// Escape appends the value of the escape with which text begins, a backslash and what follows, to s. It returns the
// number of bytes of text that it takes. Errors: ErrIncomplete, ErrMalformed.
func Escape(text string, s *strings.Builder) (n int, err error) {
	if len(text) < 2 {
		return 0, ErrIncomplete
	}
	if text[1] == 'u' {
		return unicode(text, s)
	}
	i := strings.IndexByte(`"\/bfnrt`, text[1])
	if i < 0 {
		return 0, ErrMalformed
	}
	s.WriteByte("\"\\/\b\f\n\r\t"[i])
	return 2, nil
}

// unicode is Escape for \u and four hex digits; a second such escape belongs to it if the two are a surrogate pair.
func unicode(text string, s *strings.Builder) (n int, err error) {
	r, err := Hex(text[2:], 4)
	if err != nil {
		return 0, err
	}
	n = 6
	if rest := text[n:]; 0xD800 <= r && r < 0xDC00 && strings.HasPrefix(`\u`, rest[:min(2, len(rest))]) {
		if len(rest) < 2 {
			return 0, ErrIncomplete
		}
		low, err := Hex(rest[2:], 4)
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, low); pair != '\uFFFD' {
			r, n = pair, n+6
		}
	}
	s.WriteRune(r)
	return n, nil
}

// Hex returns the value of the n hex digits with which text begins. Errors: ErrIncomplete, ErrMalformed.
func Hex(text string, n int) (rune, error) {
	digits := text[:min(n, len(text))]
	for i := range len(digits) {
		if !isDigit(digits[i]) && (digits[i]|0x20 < 'a' || digits[i]|0x20 > 'f') {
			return 0, ErrMalformed
		}
	}
	if len(digits) < n {
		return 0, ErrIncomplete
	}
	r, err := strconv.ParseUint(digits, 16, 32)
	return rune(r), err
}
