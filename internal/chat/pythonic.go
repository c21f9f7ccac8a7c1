package chat

import (
	"strings"
	"unicode"

	"github.com/outrider-web/outrider/internal/json"
)

// pythonSpace reports whether Python's str.strip removes r.
func pythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1C <= r && r <= 0x1F }

// pythonicCalls formats calls as a Python list: [get_weather(city="Oslo"), now()].
func pythonicCalls(calls []ToolCall) (string, error) {
	var list []string
	for _, call := range calls {
		arguments, err := pythonicArguments(call.Arguments)
		if err != nil {
			return "", invalid("the arguments of a call of " + call.Name + " are not a JSON object")
		}
		list = append(list, call.Name+"("+arguments+")")
	}
	return "[" + strings.Join(list, ", ") + "]", nil
}

// pythonicArguments formats a JSON object as keyword arguments.
func pythonicArguments(object string) (string, error) {
	c := &cursor{text: object}
	if first, err := c.peek(); err != nil || first != '{' {
		return "", errMalformed
	}
	var all []string
	err := c.list('{', '}', &jsonWriter{}, func() error {
		name, err := c.stringValue()
		if err != nil {
			return err
		}
		if err := c.expect(':'); err != nil {
			return err
		}
		w := &jsonWriter{python: true}
		err = c.value(w)
		all = append(all, name+"="+w.String())
		return err
	})
	if c.skipSpace(); err == nil && c.pos < len(object) {
		err = errMalformed
	}
	return strings.Join(all, ", "), err
}

// pythonicList reads [name(argument=value, …), …]. Values are strings, numbers, True, False, None, lists, tuples and
// dicts of Python, or values of JSON.
func (c *cursor) pythonicList() (calls []ToolCall, err error) {
	err = c.list('[', ']', &jsonWriter{}, func() error {
		call, err := c.pythonicCall()
		calls = append(calls, call)
		return err
	})
	if err == nil && len(calls) == 0 {
		err = errMalformed
	}
	return calls, err
}

// pythonicCall reads name(argument=value, …).
func (c *cursor) pythonicCall() (call ToolCall, err error) {
	if call.Name, err = c.pythonName(); err != nil {
		return call, err
	}
	if err := c.expect('('); err != nil {
		return call, err
	}
	c.pos-- // list reads the bracket again
	arguments := &jsonWriter{}
	arguments.WriteByte('{')
	n := 0
	err = c.list('(', ')', &jsonWriter{}, func() error {
		arguments.item(n)
		n++
		return c.keywordArgument(arguments)
	})
	call.Arguments = arguments.String() + "}"
	return call, err
}

// keywordArgument reads name=value and writes "name": value.
func (c *cursor) keywordArgument(w *jsonWriter) error {
	c.skipSpace()
	name, err := c.pythonName()
	if err != nil {
		return err
	}
	w.quote(name)
	w.WriteString(": ")
	if err := c.expect('='); err != nil {
		return err
	}
	return c.pythonValue(w)
}

// pythonName reads a Python name. Names of tools may also have dots and dashes.
func (c *cursor) pythonName() (string, error) {
	if c.pos < len(c.text) && !isNameByte(c.text[c.pos]) {
		return "", errMalformed
	}
	name, err := c.takeWhile(func(b byte) bool { return isNameByte(b) || isDigit(b) || b == '.' || b == '-' })
	if err == nil && c.pos == len(c.text) {
		err = errIncomplete
	}
	return name, err
}

// pythonValue reads a Python literal and writes it as JSON.
func (c *cursor) pythonValue(w *jsonWriter) error {
	first, err := c.peek()
	if err != nil {
		return err
	}
	switch {
	case first == '"' || first == '\'':
		s, err := c.pythonString()
		w.quote(s)
		return err
	case first == '[':
		return c.list('[', ']', w, func() error { return c.pythonValue(w) })
	case first == '(':
		return c.list('(', ')', w, func() error { return c.pythonValue(w) })
	case first == '{':
		return c.list('{', '}', w, func() error { return c.dictItem(w) })
	case first == '-' || isDigit(first):
		n, err := c.number()
		w.WriteString(n)
		return err
	}
	return c.keyword(w, map[string]string{
		"True": "true", "False": "false", "None": "null", "true": "true", "false": "false", "null": "null",
	})
}

// dictItem reads 'key': value.
func (c *cursor) dictItem(w *jsonWriter) error {
	if _, err := c.peek(); err != nil {
		return err
	}
	key, err := c.pythonString()
	if err != nil {
		return err
	}
	w.quote(key)
	w.WriteString(": ")
	if err := c.expect(':'); err != nil {
		return err
	}
	return c.pythonValue(w)
}

// pythonString reads a string in single or double quotes.
func (c *cursor) pythonString() (string, error) {
	quote := c.text[c.pos]
	if quote != '"' && quote != '\'' {
		return "", errMalformed
	}
	c.pos++
	var s strings.Builder
	for {
		if c.pos == len(c.text) {
			return "", errIncomplete
		}
		b := c.text[c.pos]
		c.pos++
		switch b {
		case quote:
			return s.String(), nil
		case '\\':
			if err := c.pythonEscape(&s); err != nil {
				return "", err
			}
		default:
			s.WriteByte(b)
		}
	}
}

// pythonEscape reads what follows a backslash and appends its value to s: the escapes of JSON, \' and \xNN. Before any
// other character a backslash stands for itself.
func (c *cursor) pythonEscape(s *strings.Builder) error {
	if c.pos == len(c.text) {
		return errIncomplete
	}
	switch b := c.text[c.pos]; {
	case b == '\'':
		s.WriteByte(b)
		c.pos++
	case b == 'x':
		r, err := json.Hex(c.text[c.pos+1:], 2)
		if err != nil {
			return err
		}
		s.WriteRune(r)
		c.pos += 3
	case strings.IndexByte(`"\bfnrtu`, b) >= 0:
		n, err := json.Escape(c.text[c.pos-1:], s)
		if err != nil {
			return err
		}
		c.pos += n - 1
	default:
		s.WriteByte('\\')
	}
	return nil
}
