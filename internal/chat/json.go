package chat

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A little JSON of our own: encoding/json would add much to the browser's download, and prompts must have the exact
// spacing that the models were trained on, which is that of Python's json.dumps.

var (
	errCut  = errors.New("chat: the text ends too early")     // more text could make it right
	errForm = errors.New("chat: the text is not well formed") // no text can
)

const maxDepth = 64 // of objects and lists in each other

// cursor reads values from a text. Each method starts at the next byte that is not yet read and gives errCut or
// errForm if what it wants is not there.
type cursor struct {
	text string
	at   int
}

// formatJSON writes a JSON value as Python's json.dumps does: on one line if indent is 0, else with that many spaces a
// level. Strings are not escaped beyond need.
func formatJSON(text string, indent int) (string, error) {
	c := &cursor{text: text}
	w := &jsonWriter{indent: indent}
	err := c.value(w)
	if c.space(); err == nil && c.at < len(text) {
		err = errForm
	}
	return w.String(), err
}

// quoteJSON writes a string as JSON.
func quoteJSON(s string) string {
	w := &jsonWriter{}
	w.quote(s)
	return w.String()
}

// value reads any JSON value and writes it to w.
func (c *cursor) value(w *jsonWriter) error {
	first, err := c.next()
	if err != nil {
		return err
	}
	switch {
	case first == '{':
		return c.list('{', '}', w, func() error {
			key, err := c.str()
			if err != nil {
				return err
			}
			w.quote(key)
			w.WriteString(": ")
			if err := c.want(':'); err != nil {
				return err
			}
			return c.value(w)
		})
	case first == '[':
		return c.list('[', ']', w, func() error { return c.value(w) })
	case first == '"':
		s, err := c.str()
		w.quote(s)
		return err
	case first == '-' || digit(first):
		n, err := c.number()
		w.WriteString(n)
		return err
	}
	if w.python {
		return c.word(w, map[string]string{"true": "True", "false": "False", "null": "None"})
	}
	return c.word(w, map[string]string{"true": "true", "false": "false", "null": "null"})
}

// list reads items between open and close, with commas.
func (c *cursor) list(open, close byte, w *jsonWriter, item func() error) error {
	c.at++
	if w.depth >= maxDepth {
		return errForm
	}
	w.open(open)
	for n := 0; ; n++ {
		next, err := c.next()
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
		if next, err = c.next(); err != nil {
			return err
		}
		if next == close {
			break
		}
		if err := c.want(','); err != nil {
			return err
		}
	}
	c.at++
	w.close(close)
	return nil
}

// next skips space and gives the byte after it, unread.
func (c *cursor) next() (byte, error) {
	c.space()
	if c.at == len(c.text) {
		return 0, errCut
	}
	return c.text[c.at], nil
}

func (c *cursor) space() {
	for c.at < len(c.text) && strings.IndexByte(" \t\r\n", c.text[c.at]) >= 0 {
		c.at++
	}
}

// want skips space and reads one byte, b.
func (c *cursor) want(b byte) error {
	next, err := c.next()
	if err == nil && next != b {
		err = errForm
	}
	if err == nil {
		c.at++
	}
	return err
}

// prefix reads s.
func (c *cursor) prefix(s string) error {
	rest := c.text[c.at:]
	switch {
	case strings.HasPrefix(rest, s):
		c.at += len(s)
		return nil
	case strings.HasPrefix(s, rest):
		return errCut
	}
	return errForm
}

// run reads the longest run of bytes that are wanted, one at least.
func (c *cursor) run(wanted func(byte) bool) (string, error) {
	start := c.at
	for c.at < len(c.text) && wanted(c.text[c.at]) {
		c.at++
	}
	switch {
	case c.at > start:
		return c.text[start:c.at], nil
	case c.at == len(c.text):
		return "", errCut
	}
	return "", errForm
}

func letter(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_'
}

// word reads one of the words given and writes what it stands for.
func (c *cursor) word(w *jsonWriter, words map[string]string) error {
	got, err := c.run(letter)
	if err != nil {
		return err
	}
	if stands, ok := words[got]; ok {
		w.WriteString(stands)
		return nil
	}
	for word := range words {
		if c.at == len(c.text) && strings.HasPrefix(word, got) {
			return errCut
		}
	}
	return errForm
}

// number reads a number and gives it as Python writes it.
func (c *cursor) number() (string, error) {
	start := c.at
	c.accept("-")
	if !c.accept("0") {
		if _, err := c.run(digit); err != nil {
			return "", err
		}
	}
	if c.accept(".") {
		if _, err := c.run(digit); err != nil {
			return "", err
		}
	}
	if c.accept("eE") {
		c.accept("+-")
		if _, err := c.run(digit); err != nil {
			return "", err
		}
	}
	n := c.text[start:c.at]
	value, err := strconv.ParseFloat(n, 64)
	if err != nil || !strings.ContainsAny(n, ".eE") {
		return n, nil // an integer of any length, or a number too large for a float64
	}
	return pythonFloat(value), nil
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// accept reads a byte if it is one of those given.
func (c *cursor) accept(bytes string) bool {
	if c.at == len(c.text) || strings.IndexByte(bytes, c.text[c.at]) < 0 {
		return false
	}
	c.at++
	return true
}

// pythonFloat writes a float as Python's repr.
func pythonFloat(value float64) string {
	s := strconv.FormatFloat(value, 'e', -1, 64)
	_, exponent, _ := strings.Cut(s, "e")
	if e, _ := strconv.Atoi(exponent); e < -4 || e >= 16 {
		return s
	}
	s = strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// str reads a JSON string and gives what it stands for.
func (c *cursor) str() (string, error) {
	if err := c.want('"'); err != nil {
		return "", err
	}
	var s strings.Builder
	for {
		if c.at == len(c.text) {
			return "", errCut
		}
		b := c.text[c.at]
		c.at++
		switch {
		case b == '"':
			return s.String(), nil
		case b < ' ':
			return "", errForm
		case b != '\\':
			s.WriteByte(b)
		default:
			if err := c.escape(&s); err != nil {
				return "", err
			}
		}
	}
}

// escape reads what follows a backslash.
func (c *cursor) escape(s *strings.Builder) error {
	if c.at == len(c.text) {
		return errCut
	}
	b := c.text[c.at]
	c.at++
	if b == 'u' {
		return c.unicode(s)
	}
	i := strings.IndexByte(`"\/bfnrt`, b)
	if i < 0 {
		return errForm
	}
	s.WriteByte("\"\\/\b\f\n\r\t"[i])
	return nil
}

// unicode reads four hex digits, and a second escape if they are the first half of a pair.
func (c *cursor) unicode(s *strings.Builder) error {
	r, err := c.hex(4)
	if err != nil {
		return err
	}
	if 0xD800 <= r && r < 0xDC00 {
		second := cursor{c.text, c.at}
		if err := second.prefix(`\u`); err == errCut {
			return errCut
		} else if err == nil {
			low, err := second.hex(4)
			if err != nil {
				return err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r, c.at = pair, second.at
			}
		}
	}
	s.WriteRune(r) // half a pair becomes U+FFFD
	return nil
}

func (c *cursor) hex(n int) (rune, error) {
	end := min(c.at+n, len(c.text))
	digits := c.text[c.at:end]
	for i := range len(digits) {
		if !(digit(digits[i]) || 'a' <= digits[i]|0x20 && digits[i]|0x20 <= 'f') {
			return 0, errForm
		}
	}
	if len(digits) < n {
		return 0, errCut
	}
	c.at = end
	r, err := strconv.ParseUint(digits, 16, 32)
	return rune(r), err
}

// jsonWriter writes JSON with Python's spacing.
type jsonWriter struct {
	strings.Builder
	python bool // True, False and None
	indent int
	depth  int
	items  bool // whether the list that was closed last, or is under way, has items
}

// brackets are JSON's for each kind of list that is read: it has no tuples.
var brackets = map[byte]byte{'{': '{', '}': '}', '[': '[', ']': ']', '(': '[', ')': ']'}

func (w *jsonWriter) open(b byte) {
	w.WriteByte(brackets[b])
	w.depth++
	w.items = false
}

// item comes before the n-th item of a list.
func (w *jsonWriter) item(n int) {
	if n > 0 {
		w.WriteByte(',')
		if w.indent == 0 {
			w.WriteByte(' ')
		}
	}
	w.line()
	w.items = true
}

func (w *jsonWriter) close(b byte) {
	w.depth--
	if w.items {
		w.line()
	}
	w.items = true
	w.WriteByte(brackets[b])
}

func (w *jsonWriter) line() {
	if w.indent > 0 {
		w.WriteString("\n" + strings.Repeat(" ", w.indent*w.depth))
	}
}

const shortEscapes = "\"\\\b\f\n\r\t"

func (w *jsonWriter) quote(s string) {
	w.WriteByte('"')
	for i := range len(s) {
		b := s[i]
		if short := strings.IndexByte(shortEscapes, b); short >= 0 {
			w.WriteByte('\\')
			w.WriteByte(`"\bfnrt`[short])
		} else if b < ' ' {
			w.WriteString(`\u00` + string("0123456789abcdef"[b>>4]) + string("0123456789abcdef"[b&15]))
		} else {
			w.WriteByte(b)
		}
	}
	w.WriteByte('"')
}
