package chat

import (
	"strconv"
	"strings"
)

// jsonWriter writes JSON with Python's spacing.
type jsonWriter struct {
	strings.Builder
	python   bool // write True, False and None
	indent   int  // spaces a level; 0 writes one line
	depth    int  // number of open lists and objects
	hasItems bool // whether the list that was opened or closed last has items
}

// brackets maps the brackets that are read to those of JSON, which has no tuples.
var brackets = map[byte]byte{'{': '{', '}': '}', '[': '[', ']': ']', '(': '[', ')': ']'}

// open writes an opening bracket.
func (w *jsonWriter) open(b byte) {
	w.WriteByte(brackets[b])
	w.depth++
	w.hasItems = false
}

// item writes what precedes item n of a list.
func (w *jsonWriter) item(n int) {
	if n > 0 {
		w.WriteByte(',')
		if w.indent == 0 {
			w.WriteByte(' ')
		}
	}
	w.newLine()
	w.hasItems = true
}

// close writes a closing bracket.
func (w *jsonWriter) close(b byte) {
	w.depth--
	if w.hasItems {
		w.newLine()
	}
	w.hasItems = true
	w.WriteByte(brackets[b])
}

// newLine begins an indented line.
func (w *jsonWriter) newLine() {
	if w.indent > 0 {
		w.WriteString("\n" + strings.Repeat(" ", w.indent*w.depth))
	}
}

// shortEscapes are the characters with an escape of one letter.
const shortEscapes = "\"\\\b\f\n\r\t"

// quote writes a string.
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

// pythonFloat formats a float as Python's repr does.
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
