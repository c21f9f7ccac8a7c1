package chat

import "strings"

// chatML is the format of SmolLM2 and many other models. Each message is
//
//	<|im_start|>ROLE\nCONTENT<|im_end|>\n
type chatML struct {
	bos              bool   // the template writes the beginning-of-text token
	trim             bool   // the template trims the text of every message
	defaultSystem    string // the text of the system message that is added to a conversation without one
	hasDefaultSystem bool   // whether the template adds one
}

// newChatML reads from a template what ChatML models differ in.
func newChatML(t template) Format {
	f := &chatML{bos: t.beginsText(), trim: t.trimsContent()}
	const start, end = "<|im_start|>system\n", "<|im_end|>"
	if l, ok := t.literal(func(l string) bool { return strings.HasPrefix(l, start) && strings.Contains(l, end) }); ok {
		f.defaultSystem, _, f.hasDefaultSystem = strings.Cut(l[len(start):], end)
	}
	return f
}

// Name implements Format.
func (f *chatML) Name() string { return "chatml" }

// StopTokens implements Format.
func (f *chatML) StopTokens() []string { return []string{"<|im_end|>", "<|endoftext|>"} }

// Render implements Format.
func (f *chatML) Render(messages []Message, o Options) ([]Piece, error) {
	if err := f.check(messages, o); err != nil {
		return nil, err
	}
	var p prompt
	if f.bos {
		p.special(BOS)
	}
	if f.hasDefaultSystem && messages[0].Role != System {
		f.writeMessage(&p, System, f.defaultSystem)
	}
	for _, m := range messages {
		text := m.text()
		if f.trim {
			text = trim(text)
		}
		f.writeMessage(&p, m.Role, text)
	}
	switch {
	case o.Continue:
		p.reopen("<|im_end|>")
	case !o.NoReply:
		p.special("<|im_start|>")
		p.text(string(Assistant) + "\n")
	}
	return p, nil
}

func (f *chatML) writeMessage(p *prompt, role Role, text string) {
	p.special("<|im_start|>")
	p.text(string(role) + "\n" + text)
	p.special("<|im_end|>")
	p.text("\n")
}

// check returns an error for images and tools, which ChatML cannot express.
func (f *chatML) check(messages []Message, o Options) error {
	if len(o.Tools) > 0 {
		return errNoTools
	}
	for _, m := range messages {
		if m.hasImage() {
			return errNoImages
		}
		if m.Role == Tool || len(m.Calls) > 0 {
			return errNoTools
		}
	}
	return check(messages)
}

var (
	errNoImages = invalid("this model accepts no images; send text only or choose a model with vision")
	errNoTools  = invalid("this model's chat template has no tools; send none or choose a model with tool calling")
)
