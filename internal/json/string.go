package json

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// string reads a string and returns its value. Bytes that are not UTF-8 stay as they are.
func (r *reader) string() (string, error) {
	r.pos++
	var s strings.Builder
	for r.pos < len(r.text) {
		b := r.text[r.pos]
		r.pos++
		switch {
		case b == '"':
			return s.String(), nil
		case b < ' ':
			return "", errMalformed
		case b != '\\':
			s.WriteByte(b)
		default:
			if err := r.escape(&s); err != nil {
				return "", err
			}
		}
	}
	return "", errMalformed
}

// escape reads what follows a backslash and appends its value to s.
func (r *reader) escape(s *strings.Builder) error {
	if r.pos == len(r.text) {
		return errMalformed
	}
	b := r.text[r.pos]
	r.pos++
	if b == 'u' {
		return r.unicode(s)
	}
	i := strings.IndexByte(`"\/bfnrt`, b)
	if i < 0 {
		return errMalformed
	}
	s.WriteByte("\"\\/\b\f\n\r\t"[i])
	return nil
}

// unicode reads four hex digits, and a second escape if the two are a surrogate pair. An unpaired surrogate becomes
// U+FFFD.
func (r *reader) unicode(s *strings.Builder) error {
	c, ok := r.hex(r.pos)
	if !ok {
		return errMalformed
	}
	r.pos += 4
	if utf16.IsSurrogate(c) && strings.HasPrefix(r.text[r.pos:], `\u`) {
		if low, ok := r.hex(r.pos + 2); ok && utf16.DecodeRune(c, low) != '\uFFFD' {
			c = utf16.DecodeRune(c, low)
			r.pos += 6
		}
	}
	s.WriteRune(c)
	return nil
}

// hex returns the value of the four hex digits at pos.
func (r *reader) hex(pos int) (rune, bool) {
	if pos+4 > len(r.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[pos:pos+4], 16, 32)
	return rune(n), err == nil
}
