package chat

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stringValue reads a JSON string and returns its value.
func (c *cursor) stringValue() (string, error) {
	if err := c.expect('"'); err != nil {
		return "", err
	}
	var s strings.Builder
	for {
		if c.pos == len(c.text) {
			return "", errIncomplete
		}
		b := c.text[c.pos]
		c.pos++
		switch {
		case b == '"':
			return s.String(), nil
		case b < ' ':
			return "", errMalformed
		case b != '\\':
			s.WriteByte(b)
		default:
			if err := c.escape(&s); err != nil {
				return "", err
			}
		}
	}
}

// escape reads what follows a backslash and appends its value to s.
func (c *cursor) escape(s *strings.Builder) error {
	if c.pos == len(c.text) {
		return errIncomplete
	}
	b := c.text[c.pos]
	c.pos++
	if b == 'u' {
		return c.unicode(s)
	}
	i := strings.IndexByte(`"\/bfnrt`, b)
	if i < 0 {
		return errMalformed
	}
	s.WriteByte("\"\\/\b\f\n\r\t"[i])
	return nil
}

// unicode reads four hex digits, and a second escape if they are the first half of a surrogate pair.
func (c *cursor) unicode(s *strings.Builder) error {
	r, err := c.hex(4)
	if err != nil {
		return err
	}
	if 0xD800 <= r && r < 0xDC00 {
		second := cursor{c.text, c.pos}
		if err := second.prefix(`\u`); err == errIncomplete {
			return errIncomplete
		} else if err == nil {
			low, err := second.hex(4)
			if err != nil {
				return err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r, c.pos = pair, second.pos
			}
		}
	}
	s.WriteRune(r) // an unpaired surrogate becomes U+FFFD
	return nil
}

// hex reads n hex digits.
func (c *cursor) hex(n int) (rune, error) {
	end := min(c.pos+n, len(c.text))
	digits := c.text[c.pos:end]
	for i := range len(digits) {
		if !(isDigit(digits[i]) || 'a' <= digits[i]|0x20 && digits[i]|0x20 <= 'f') {
			return 0, errMalformed
		}
	}
	if len(digits) < n {
		return 0, errIncomplete
	}
	c.pos = end
	r, err := strconv.ParseUint(digits, 16, 32)
	return rune(r), err
}
