package chat

import (
	"strings"
	"unicode"
)

func pythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1C <= r && r <= 0x1F }

// pythonicCalls writes calls as a Python list: [get_weather(city="Oslo"), now()].
func pythonicCalls(calls []ToolCall) (string, error) {
	var written []string
	for _, call := range calls {
		arguments, err := pythonicArguments(call.Arguments)
		if err != nil {
			return "", invalid("the arguments of a call of " + call.Name + " are not a JSON object")
		}
		written = append(written, call.Name+"("+arguments+")")
	}
	return "[" + strings.Join(written, ", ") + "]", nil
}

// pythonicArguments writes a JSON object as keyword arguments.
func pythonicArguments(object string) (string, error) {
	c := &cursor{text: object}
	if first, err := c.next(); err != nil || first != '{' {
		return "", errForm
	}
	var all []string
	err := c.list('{', '}', &jsonWriter{}, func() error {
		name, err := c.str()
		if err != nil {
			return err
		}
		if err := c.want(':'); err != nil {
			return err
		}
		w := &jsonWriter{python: true}
		err = c.value(w)
		all = append(all, name+"="+w.String())
		return err
	})
	if c.space(); err == nil && c.at < len(object) {
		err = errForm
	}
	return strings.Join(all, ", "), err
}

// pythonicList reads [name(argument=value, …), …]: what a model that was asked for it writes. Values are Python's
// strings, numbers, True, False, None, lists, tuples and dicts, or JSON's.
func (c *cursor) pythonicList() (calls []ToolCall, err error) {
	err = c.list('[', ']', &jsonWriter{}, func() error {
		call, err := c.pythonicCall()
		calls = append(calls, call)
		return err
	})
	if err == nil && len(calls) == 0 {
		err = errForm
	}
	return calls, err
}

func (c *cursor) pythonicCall() (call ToolCall, err error) {
	if call.Name, err = c.name(); err != nil {
		return call, err
	}
	if err := c.want('('); err != nil {
		return call, err
	}
	c.at-- // list reads it again
	arguments := &jsonWriter{}
	arguments.WriteByte('{')
	n := 0
	err = c.list('(', ')', &jsonWriter{}, func() error {
		arguments.item(n)
		n++
		return c.keyword(arguments)
	})
	call.Arguments = arguments.String() + "}"
	return call, err
}

// keyword reads name=value and writes "name": value.
func (c *cursor) keyword(w *jsonWriter) error {
	c.space()
	name, err := c.name()
	if err != nil {
		return err
	}
	w.quote(name)
	w.WriteString(": ")
	if err := c.want('='); err != nil {
		return err
	}
	return c.python(w)
}

// name reads a Python name, with dots and dashes as tools' names have them.
func (c *cursor) name() (string, error) {
	if c.at < len(c.text) && !letter(c.text[c.at]) {
		return "", errForm
	}
	name, err := c.run(func(b byte) bool { return letter(b) || digit(b) || b == '.' || b == '-' })
	if err == nil && c.at == len(c.text) {
		err = errCut
	}
	return name, err
}

// python reads a Python literal and writes it as JSON.
func (c *cursor) python(w *jsonWriter) error {
	first, err := c.next()
	if err != nil {
		return err
	}
	switch {
	case first == '"' || first == '\'':
		s, err := c.pythonString()
		w.quote(s)
		return err
	case first == '[':
		return c.list('[', ']', w, func() error { return c.python(w) })
	case first == '(':
		return c.list('(', ')', w, func() error { return c.python(w) })
	case first == '{':
		return c.list('{', '}', w, func() error { return c.pair(w) })
	case first == '-' || digit(first):
		n, err := c.number()
		w.WriteString(n)
		return err
	}
	return c.word(w, map[string]string{
		"True": "true", "False": "false", "None": "null", "true": "true", "false": "false", "null": "null",
	})
}

// pair reads 'key': value.
func (c *cursor) pair(w *jsonWriter) error {
	if _, err := c.next(); err != nil {
		return err
	}
	key, err := c.pythonString()
	if err != nil {
		return err
	}
	w.quote(key)
	w.WriteString(": ")
	if err := c.want(':'); err != nil {
		return err
	}
	return c.python(w)
}

// pythonString reads a string in single or double quotes.
func (c *cursor) pythonString() (string, error) {
	quote := c.text[c.at]
	if quote != '"' && quote != '\'' {
		return "", errForm
	}
	c.at++
	var s strings.Builder
	for {
		if c.at == len(c.text) {
			return "", errCut
		}
		b := c.text[c.at]
		c.at++
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

// pythonEscape reads what follows a backslash: JSON's escapes, \' and \xNN; before anything else a backslash is itself.
func (c *cursor) pythonEscape(s *strings.Builder) error {
	if c.at == len(c.text) {
		return errCut
	}
	switch b := c.text[c.at]; {
	case b == '\'':
		s.WriteByte(b)
		c.at++
	case b == 'x':
		c.at++
		r, err := c.hex(2)
		s.WriteRune(r)
		return err
	case strings.IndexByte(`"\bfnrtu`, b) >= 0:
		return c.escape(s)
	default:
		s.WriteByte('\\')
	}
	return nil
}
