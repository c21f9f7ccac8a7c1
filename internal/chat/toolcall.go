package chat

import "strings"

// Event is a piece of an answer: text or a tool call. Exactly one field is set.
type Event struct {
	Text string
	Call *ToolCall
}

// Parser finds tool calls in an answer while it is streamed. It accepts all forms that Llama models write, whichever
// they were asked for (docs/spec/llama4.md §6.4):
//
//	{"name": NAME, "parameters": {…}}      also "arguments", also with "type": "function"; several in a row
//	[NAME(argument=value, …), …]           only if the answer has nothing after it
//	<function=NAME>{…}</function>          anywhere
//
// The first two are recognised only at the start of an answer and directly after <|python_start|>, <|python_end|> or
// <|python_tag|>. Text is returned at once unless it may be the beginning of a call. If it does not become one, all
// of it is returned as text. Use NewParser to make a Parser.
type Parser struct {
	pending  string          // text that has not been returned yet
	arrived  strings.Builder // text after it that drain has not looked at
	retryAt  int             // length of both together from which drain looks at them
	atStart  bool            // whether a call of the first two forms may start at pending
	numCalls int             // calls since the last special token or text
}

// NewParser returns a parser for one answer.
func NewParser() *Parser { return &Parser{atStart: true} }

// Text parses the next piece of text and returns the events that are certain. Text that may be a call is read from its
// first byte each time, but only when it has become longer by retryPart, so that the time in all is linear: a call, or
// text that began like one, is returned that much later than it is certain.
func (p *Parser) Text(text string) []Event {
	p.arrived.WriteString(text)
	if len(p.pending)+p.arrived.Len() < p.retryAt {
		return nil
	}
	return p.drain(false)
}

// retryPart is the part of its length by which pending text grows before it is read again. In all, a text is read as if
// nine times.
const retryPart = 1. / 8

// Special parses a special token inside an answer and returns the events before it.
func (p *Parser) Special(name string) []Event {
	events := p.drain(true)
	if name == "<|python_start|>" || name == "<|python_end|>" || name == "<|python_tag|>" {
		p.atStart, p.numCalls = true, 0
	}
	return events
}

// Close ends the answer and returns what is left. A call that is not complete is returned as text.
func (p *Parser) Close() []Event { return p.drain(true) }

// drain returns the events that are certain. If final is set, no text follows, and everything is certain.
func (p *Parser) drain(final bool) (events []Event) {
	p.pending += p.arrived.String()
	p.arrived.Reset()
	p.retryAt = 0
	for p.pending != "" {
		form := (*cursor).tagCall
		if p.atStart {
			form = (*cursor).anyCall
			if p.numCalls > 0 {
				p.pending = strings.TrimLeft(p.pending, " \t\r\n;,")
			}
		} else if n := lengthBeforeTag(p.pending, final); n > 0 {
			events = append(events, Event{Text: p.pending[:n]})
			p.pending = p.pending[n:]
			continue
		}
		c := &cursor{text: p.pending}
		calls, err := form(c, final)
		switch {
		case err == errIncomplete && !final:
			p.retryAt = len(p.pending) + int(retryPart*float64(len(p.pending)))
			return events
		case err == nil:
			for i := range calls {
				events = append(events, Event{Call: &calls[i]})
			}
			p.numCalls += len(calls)
			p.pending = p.pending[c.pos:]
		case p.atStart:
			p.atStart, p.numCalls = false, 0
		default: // what looked like a tag is text
			events = append(events, Event{Text: p.pending[:1]})
			p.pending = p.pending[1:]
		}
	}
	return events
}

const tagPrefix = "<function="

// lengthBeforeTag returns how many bytes of text are certainly before a tag. Unless final is set, the end of text may
// be the beginning of a tag.
func lengthBeforeTag(text string, final bool) int {
	if at := strings.Index(text, tagPrefix); at >= 0 {
		return at
	}
	if final {
		return len(text)
	}
	for n := min(len(tagPrefix)-1, len(text)); n > 0; n-- {
		if strings.HasSuffix(text, tagPrefix[:n]) {
			return len(text) - n
		}
	}
	return len(text)
}

// anyCall reads calls of any of the forms.
func (c *cursor) anyCall(final bool) ([]ToolCall, error) {
	first, err := c.peek()
	switch {
	case err != nil:
		return nil, err
	case first == '{':
		return c.jsonCall()
	case first == '[':
		return c.onlyPythonic(final)
	case first == '<':
		return c.tagCall(final)
	}
	return nil, errMalformed
}

// onlyPythonic reads a pythonic list at the end of the text.
func (c *cursor) onlyPythonic(final bool) ([]ToolCall, error) {
	calls, err := c.pythonicList()
	if c.skipSpace(); err == nil && c.pos < len(c.text) {
		err = errMalformed
	} else if err == nil && !final {
		err = errIncomplete
	}
	return calls, err
}

// jsonCall reads {"name": NAME, "parameters": {…}}. An object with any other key is not a call, so that an answer in
// JSON is returned as text from its first such key on.
func (c *cursor) jsonCall() ([]ToolCall, error) {
	var call ToolCall
	var hasName, hasArguments bool
	err := c.list('{', '}', &jsonWriter{}, func() error {
		if err := c.checkKey(); err != nil {
			return err
		}
		key, err := c.stringValue()
		if err != nil {
			return err
		}
		if err := c.expect(':'); err != nil {
			return err
		}
		first, err := c.peek()
		if err != nil {
			return err
		}
		switch {
		case key == "type":
			return c.prefix(`"function"`)
		case key == "name":
			hasName = true
			call.Name, err = c.stringValue()
			return err
		case first == '{':
			hasArguments = true
			w := &jsonWriter{}
			err := c.value(w)
			call.Arguments = w.String()
			return err
		}
		return errMalformed
	})
	if err == nil && !(hasName && hasArguments && call.Name != "") {
		err = errMalformed
	}
	return []ToolCall{call}, err
}

// checkKey returns errMalformed as soon as the next string cannot be a key of a call. It reads nothing.
func (c *cursor) checkKey() error {
	c.skipSpace()
	for _, key := range []string{`"name"`, `"parameters"`, `"arguments"`, `"type"`} {
		if look := (cursor{c.text, c.pos}); look.prefix(key) != errMalformed {
			return nil
		}
	}
	return errMalformed
}

// tagCall reads <function=NAME>{…}</function>; at the end of an answer the closing tag may be missing.
func (c *cursor) tagCall(final bool) ([]ToolCall, error) {
	if err := c.prefix(tagPrefix); err != nil {
		return nil, err
	}
	name, err := c.pythonName()
	if err != nil {
		return nil, err
	}
	if err := c.expect('>'); err != nil {
		return nil, err
	}
	if first, err := c.peek(); err != nil || first != '{' {
		return nil, orMalformed(err)
	}
	w := &jsonWriter{}
	if err := c.value(w); err != nil {
		return nil, err
	}
	c.skipSpace()
	if !final || c.pos < len(c.text) {
		err = c.prefix("</function>")
	}
	return []ToolCall{{Name: name, Arguments: w.String()}}, err
}

// orMalformed returns err, or errMalformed if err is nil.
func orMalformed(err error) error {
	if err == nil {
		return errMalformed
	}
	return err
}
