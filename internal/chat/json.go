package chat

import (
	"strconv"
	"strings"

	"github.com/outrider-web/outrider/internal/json"
)

// This package formats JSON itself, for two reasons: encoding/json would add much to the browser's download, and
// prompts must have the spacing that the models were trained on, which is that of Python's json.dumps.

var (
	errIncomplete = json.ErrIncomplete
	errMalformed  = json.ErrMalformed
)

// maxDepth is the largest number of objects and lists inside each other.
const maxDepth = 64

// cursor reads values from a text. Each method starts at the first byte that is not yet read, and returns
// errIncomplete or errMalformed if the text there is not what it reads.
type cursor struct {
	text string
	pos  int // index of the first byte that is not yet read
}

// formatJSON returns a JSON value as Python's json.dumps formats it: on one line if indent is 0, otherwise indented
// by that many spaces a level. Strings are escaped only where JSON requires it.
func formatJSON(text string, indent int) (string, error) {
	c := &cursor{text: text}
	w := &jsonWriter{indent: indent}
	err := c.value(w)
	if c.skipSpace(); err == nil && c.pos < len(text) {
		err = errMalformed
	}
	return w.String(), err
}

// quoteJSON returns a string as JSON.
func quoteJSON(s string) string {
	w := &jsonWriter{}
	w.quote(s)
	return w.String()
}

// stringValue reads a JSON string and returns its value.
func (c *cursor) stringValue() (string, error) {
	if _, err := c.peek(); err != nil {
		return "", err
	}
	s, n, err := json.String(c.text[c.pos:])
	c.pos += n
	return s, err
}

// value reads any JSON value and writes it to w.
func (c *cursor) value(w *jsonWriter) error {
	first, err := c.peek()
	if err != nil {
		return err
	}
	switch {
	case first == '{':
		return c.list('{', '}', w, func() error {
			key, err := c.stringValue()
			if err != nil {
				return err
			}
			w.quote(key)
			w.WriteString(": ")
			if err := c.expect(':'); err != nil {
				return err
			}
			return c.value(w)
		})
	case first == '[':
		return c.list('[', ']', w, func() error { return c.value(w) })
	case first == '"':
		s, err := c.stringValue()
		w.quote(s)
		return err
	case first == '-' || isDigit(first):
		n, err := c.number()
		w.WriteString(n)
		return err
	}
	if w.python {
		return c.keyword(w, map[string]string{"true": "True", "false": "False", "null": "None"})
	}
	return c.keyword(w, map[string]string{"true": "true", "false": "false", "null": "null"})
}

// list reads items between open and close, separated by commas. item reads one of them.
func (c *cursor) list(open, close byte, w *jsonWriter, item func() error) error {
	c.pos++
	if w.depth >= maxDepth {
		return errMalformed
	}
	w.open(open)
	for n := 0; ; n++ {
		next, err := c.peek()
		if err != nil {
			return err
		}
		if next == close && n == 0 {
			break
		}
		w.item(n)
		if err := item(); err != nil {
			return err
		}
		if next, err = c.peek(); err != nil {
			return err
		}
		if next == close {
			break
		}
		if err := c.expect(','); err != nil {
			return err
		}
	}
	c.pos++
	w.close(close)
	return nil
}

// peek skips space and returns the byte after it without reading it.
func (c *cursor) peek() (byte, error) {
	c.skipSpace()
	if c.pos == len(c.text) {
		return 0, errIncomplete
	}
	return c.text[c.pos], nil
}

// skipSpace reads white space.
func (c *cursor) skipSpace() {
	for c.pos < len(c.text) && strings.IndexByte(" \t\r\n", c.text[c.pos]) >= 0 {
		c.pos++
	}
}

// expect skips space and reads the byte b.
func (c *cursor) expect(b byte) error {
	next, err := c.peek()
	if err == nil && next != b {
		err = errMalformed
	}
	if err == nil {
		c.pos++
	}
	return err
}

// prefix reads the text s.
func (c *cursor) prefix(s string) error {
	rest := c.text[c.pos:]
	switch {
	case strings.HasPrefix(rest, s):
		c.pos += len(s)
		return nil
	case strings.HasPrefix(s, rest):
		return errIncomplete
	}
	return errMalformed
}

// takeWhile reads the longest run of bytes that match, at least one.
func (c *cursor) takeWhile(matches func(byte) bool) (string, error) {
	start := c.pos
	for c.pos < len(c.text) && matches(c.text[c.pos]) {
		c.pos++
	}
	switch {
	case c.pos > start:
		return c.text[start:c.pos], nil
	case c.pos == len(c.text):
		return "", errIncomplete
	}
	return "", errMalformed
}

// isNameByte reports whether b is an ASCII letter or an underscore.
func isNameByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_'
}

// keyword reads one of the words, which are keys of the map, and writes its value.
func (c *cursor) keyword(w *jsonWriter, words map[string]string) error {
	got, err := c.takeWhile(isNameByte)
	if err != nil {
		return err
	}
	if value, ok := words[got]; ok {
		w.WriteString(value)
		return nil
	}
	for word := range words {
		if c.pos == len(c.text) && strings.HasPrefix(word, got) {
			return errIncomplete
		}
	}
	return errMalformed
}

// number reads a JSON number and returns it as Python writes it.
func (c *cursor) number() (string, error) {
	start := c.pos
	c.acceptAny("-")
	if !c.acceptAny("0") {
		if _, err := c.takeWhile(isDigit); err != nil {
			return "", err
		}
	}
	if c.acceptAny(".") {
		if _, err := c.takeWhile(isDigit); err != nil {
			return "", err
		}
	}
	if c.acceptAny("eE") {
		c.acceptAny("+-")
		if _, err := c.takeWhile(isDigit); err != nil {
			return "", err
		}
	}
	n := c.text[start:c.pos]
	value, err := strconv.ParseFloat(n, 64)
	if err != nil || !strings.ContainsAny(n, ".eE") {
		return n, nil // an integer of any length, or a number too large for a float64
	}
	return pythonFloat(value), nil
}

// isDigit reports whether b is an ASCII digit.
func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// acceptAny reads a byte if it is one of bytes, and reports whether it did.
func (c *cursor) acceptAny(bytes string) bool {
	if c.pos == len(c.text) || strings.IndexByte(bytes, c.text[c.pos]) < 0 {
		return false
	}
	c.pos++
	return true
}
