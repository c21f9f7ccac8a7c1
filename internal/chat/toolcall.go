package chat

import "strings"

// Event is a stretch of an answer's text, or a tool call: one of the two.
type Event struct {
	Text string
	Call *ToolCall
}

// Parser finds tool calls in an answer as it streams. It takes all forms that Llama models write, whatever they were
// asked for (docs/spec/llama4.md §6.4):
//
//	{"name": NAME, "parameters": {…}}      also "arguments", also with "type": "function"; several in a row
//	[NAME(argument=value, …), …]           only if it is all there is
//	<function=NAME>{…}</function>          anywhere
//
// The first two count only where an answer starts or right after <|python_start|>, <|python_end|> or <|python_tag|>.
// Text goes on at once unless it may be the beginning of a call; what does not become one goes on as text, every byte.
// The zero value is not usable: NewParser.
type Parser struct {
	held  string // not yet given out
	start bool   // held is where a call may start
	calls int    // since the last special token or text
}

// NewParser begins an answer.
func NewParser() *Parser { return &Parser{start: true} }

// Text takes the next stretch of text.
func (p *Parser) Text(text string) []Event {
	p.held += text
	return p.drain(false)
}

// Special takes a special token in the middle of an answer.
func (p *Parser) Special(name string) []Event {
	events := p.drain(true)
	if name == "<|python_start|>" || name == "<|python_end|>" || name == "<|python_tag|>" {
		p.start, p.calls = true, 0
	}
	return events
}

// Close ends the answer: a call that is not whole by now is text.
func (p *Parser) Close() []Event { return p.drain(true) }

// drain gives out what is certain. With final, everything is.
func (p *Parser) drain(final bool) (events []Event) {
	for p.held != "" {
		form := (*cursor).tagCall
		if p.start {
			form = (*cursor).anyCall
			if p.calls > 0 {
				p.held = strings.TrimLeft(p.held, " \t\r\n;,")
			}
		} else if n := untilTag(p.held, final); n > 0 {
			events = append(events, Event{Text: p.held[:n]})
			p.held = p.held[n:]
			continue
		}
		c := &cursor{text: p.held}
		calls, err := form(c, final)
		switch {
		case err == errCut && !final:
			return events
		case err == nil:
			for i := range calls {
				events = append(events, Event{Call: &calls[i]})
			}
			p.calls += len(calls)
			p.held = p.held[c.at:]
		case p.start:
			p.start, p.calls = false, 0
		default: // a tag that is none
			events = append(events, Event{Text: p.held[:1]})
			p.held = p.held[1:]
		}
	}
	return events
}

const tagStart = "<function="

// untilTag is how much of text surely is before a tag. Without final, the end of text may begin one.
func untilTag(text string, final bool) int {
	if at := strings.Index(text, tagStart); at >= 0 {
		return at
	}
	if final {
		return len(text)
	}
	for n := min(len(tagStart)-1, len(text)); n > 0; n-- {
		if strings.HasSuffix(text, tagStart[:n]) {
			return len(text) - n
		}
	}
	return len(text)
}

// anyCall reads calls of any form.
func (c *cursor) anyCall(final bool) ([]ToolCall, error) {
	first, err := c.next()
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
	return nil, errForm
}

// onlyPythonic reads a pythonic list after which there is nothing.
func (c *cursor) onlyPythonic(final bool) ([]ToolCall, error) {
	calls, err := c.pythonicList()
	if c.space(); err == nil && c.at < len(c.text) {
		err = errForm
	} else if err == nil && !final {
		err = errCut
	}
	return calls, err
}

// jsonCall reads {"name": NAME, "parameters": {…}}. Any other key makes it an ordinary object, so that an answer in
// JSON streams on from its first key.
func (c *cursor) jsonCall() ([]ToolCall, error) {
	var call ToolCall
	var named, given bool
	err := c.list('{', '}', &jsonWriter{}, func() error {
		if err := c.key(); err != nil {
			return err
		}
		key, err := c.str()
		if err != nil {
			return err
		}
		if err := c.want(':'); err != nil {
			return err
		}
		first, err := c.next()
		if err != nil {
			return err
		}
		switch {
		case key == "type":
			return c.prefix(`"function"`)
		case key == "name":
			named = true
			call.Name, err = c.str()
			return err
		case first == '{':
			given = true
			w := &jsonWriter{}
			err := c.value(w)
			call.Arguments = w.String()
			return err
		}
		return errForm
	})
	if err == nil && !(named && given && call.Name != "") {
		err = errForm
	}
	return []ToolCall{call}, err
}

// key fails as soon as the next string cannot be a key of a call; it reads nothing.
func (c *cursor) key() error {
	c.space()
	for _, key := range []string{`"name"`, `"parameters"`, `"arguments"`, `"type"`} {
		if look := (cursor{c.text, c.at}); look.prefix(key) != errForm {
			return nil
		}
	}
	return errForm
}

// tagCall reads <function=NAME>{…}</function>; at the end of an answer the closing tag may be missing.
func (c *cursor) tagCall(final bool) ([]ToolCall, error) {
	if err := c.prefix(tagStart); err != nil {
		return nil, err
	}
	name, err := c.name()
	if err != nil {
		return nil, err
	}
	if err := c.want('>'); err != nil {
		return nil, err
	}
	if first, err := c.next(); err != nil || first != '{' {
		return nil, orForm(err)
	}
	w := &jsonWriter{}
	if err := c.value(w); err != nil {
		return nil, err
	}
	c.space()
	if !final || c.at < len(c.text) {
		err = c.prefix("</function>")
	}
	return []ToolCall{{Name: name, Arguments: w.String()}}, err
}

func orForm(err error) error {
	if err == nil {
		return errForm
	}
	return err
}
