// Package json reads small JSON texts: manifests and the answers of a hub, and the strings in the tool calls of a
// model. encoding/json would add much to the browser's download. The package knows nothing of what the texts mean.
package json

import (
	"strconv"
	"strings"
)

// maxDepth is the largest number of objects and lists inside each other.
const maxDepth = 32

// Object is a JSON object. Of two members with one name it has the last.
type Object map[string]any

// Parse returns the value of a JSON text: an Object, []any, string, float64, bool or nil. It needs memory in proportion
// to the text, which the caller bounds. Errors: ErrMalformed, ErrIncomplete.
func Parse(text string) (any, error) {
	r := &reader{text: text}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if r.skipSpace(); r.pos < len(text) {
		return nil, ErrMalformed
	}
	return v, nil
}

// Text returns a member that is a string; "" if there is none.
func (o Object) Text(name string) string {
	s, _ := o[name].(string)
	return s
}

// Number returns a member that is a whole number which a float64 represents exactly; -1 if there is none.
func (o Object) Number(name string) int64 {
	f, ok := o[name].(float64)
	if n := int64(f); ok && f >= 0 && f <= 1<<53 && float64(n) == f {
		return n
	}
	return -1
}

// reader reads values from a text. Each method starts at the first byte that is not yet read.
type reader struct {
	text string
	pos  int // index of the first byte that is not yet read
}

// value reads any value; depth is the number of objects and lists around it.
func (r *reader) value(depth int) (any, error) {
	switch first := r.peek(); {
	case depth > maxDepth:
		return nil, ErrMalformed
	case first == '{':
		return r.object(depth)
	case first == '[':
		return r.list(depth)
	case first == '"':
		return r.string()
	case first == '-' || isDigit(first):
		return r.number()
	}
	return r.keyword()
}

// string reads a string.
func (r *reader) string() (string, error) {
	s, n, err := String(r.text[r.pos:])
	r.pos += n
	return s, err
}

func (r *reader) object(depth int) (any, error) {
	o := Object{}
	err := r.items('}', func() error {
		if r.peek() != '"' {
			return ErrMalformed
		}
		name, err := r.string()
		if err != nil || !r.accept(':') {
			return ErrMalformed
		}
		o[name], err = r.value(depth + 1)
		return err
	})
	return o, err
}

func (r *reader) list(depth int) (any, error) {
	list := []any{}
	err := r.items(']', func() error {
		item, err := r.value(depth + 1)
		list = append(list, item)
		return err
	})
	return list, err
}

// items reads the opening bracket, items separated by commas, each of which item reads, and the closing bracket.
func (r *reader) items(close byte, item func() error) error {
	r.pos++
	if r.accept(close) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if r.accept(close) {
			return nil
		}
		if !r.accept(',') {
			return ErrMalformed
		}
	}
}

// number reads a number of JSON's grammar.
func (r *reader) number() (any, error) {
	start := r.pos
	r.acceptAny("-")
	if !r.acceptAny("0") && r.digits() == 0 {
		return nil, ErrMalformed
	}
	if r.acceptAny(".") && r.digits() == 0 {
		return nil, ErrMalformed
	}
	if r.acceptAny("eE") {
		r.acceptAny("+-")
		if r.digits() == 0 {
			return nil, ErrMalformed
		}
	}
	f, err := strconv.ParseFloat(r.text[start:r.pos], 64)
	if err != nil {
		return nil, ErrMalformed // too large for a float64
	}
	return f, nil
}

// digits reads digits and returns how many.
func (r *reader) digits() int {
	start := r.pos
	for r.pos < len(r.text) && isDigit(r.text[r.pos]) {
		r.pos++
	}
	return r.pos - start
}

func (r *reader) keyword() (any, error) {
	rest := r.text[r.pos:]
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if strings.HasPrefix(rest, word) {
			r.pos += len(word)
			return v, nil
		}
	}
	return nil, ErrMalformed
}

// peek skips space and returns the next byte without reading it; 0 at the end.
func (r *reader) peek() byte {
	r.skipSpace()
	if r.pos == len(r.text) {
		return 0
	}
	return r.text[r.pos]
}

func (r *reader) skipSpace() {
	for r.pos < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.pos]) >= 0 {
		r.pos++
	}
}

// accept skips space and reads the next byte if it is b. It reports whether it did.
func (r *reader) accept(b byte) bool {
	if r.peek() != b || r.pos == len(r.text) {
		return false
	}
	r.pos++
	return true
}

// acceptAny reads the next byte if it is one of bytes, and reports whether it did.
func (r *reader) acceptAny(bytes string) bool {
	if r.pos == len(r.text) || strings.IndexByte(bytes, r.text[r.pos]) < 0 {
		return false
	}
	r.pos++
	return true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
