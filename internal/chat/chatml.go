package chat

import "strings"

// chatML is the format of SmolLM2 and many others:
//
//	<|im_start|>ROLE\nCONTENT<|im_end|>\n
type chatML struct {
	bos     bool
	trim    bool
	system  string // what a conversation without a system message begins with
	implied bool   // whether it does
}

func newChatML(t template) Format {
	f := &chatML{bos: t.beginsText(), trim: t.trimsContent()}
	const start, end = "<|im_start|>system\n", "<|im_end|>"
	if l, ok := t.literal(func(l string) bool { return strings.HasPrefix(l, start) && strings.Contains(l, end) }); ok {
		f.system, _, f.implied = strings.Cut(l[len(start):], end)
	}
	return f
}

func (f *chatML) Name() string         { return "chatml" }
func (f *chatML) StopTokens() []string { return []string{"<|im_end|>", "<|endoftext|>"} }

func (f *chatML) Render(messages []Message, o Options) ([]Piece, error) {
	if err := f.check(messages, o); err != nil {
		return nil, err
	}
	var p prompt
	if f.bos {
		p.special(BOS)
	}
	if f.implied && messages[0].Role != System {
		f.turn(&p, System, f.system)
	}
	for _, m := range messages {
		text := m.text()
		if f.trim {
			text = trim(text)
		}
		f.turn(&p, m.Role, text)
	}
	if !o.NoReply {
		p.special("<|im_start|>")
		p.text(string(Assistant) + "\n")
	}
	return p, nil
}

func (f *chatML) turn(p *prompt, role Role, text string) {
	p.special("<|im_start|>")
	p.text(string(role) + "\n" + text)
	p.special("<|im_end|>")
	p.text("\n")
}

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
	errNoImages = invalid("this model takes no images; send text alone or choose a model with vision")
	errNoTools  = invalid("this model's chat template knows no tools; send none or choose a model with tool calling")
)
