// Package chat renders a conversation as a prompt in the model's own format, and parses a model's answer into text and
// tool calls. Text and special tokens stay apart until they are token ids, so that nothing a user types is taken for a
// special token. The package does not know models, sampling or the shape of an API.
package chat

import (
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Role is the author of a message.
type Role string

// The roles. A message of the role Tool holds the result of one call.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool"
)

// ContentPart is one part of a message's content: text, or the place of an image.
type ContentPart struct {
	Text  string
	Image bool
	File  []byte // the image's file or its address; this package passes it on and does not read it
}

// ToolCall is a call of a tool by the assistant.
type ToolCall struct {
	Name      string
	Arguments string // a JSON object
}

// Message is one message of a conversation.
type Message struct {
	Role  Role
	Parts []ContentPart
	Calls []ToolCall // messages of the assistant only
}

// Text returns a message that contains only text.
func Text(role Role, text string) Message {
	return Message{Role: role, Parts: []ContentPart{{Text: text}}}
}

// text returns the text of all parts, joined.
func (m *Message) text() string {
	var all strings.Builder
	for _, part := range m.Parts {
		all.WriteString(part.Text)
	}
	return all.String()
}

func (m *Message) hasImage() bool {
	for _, part := range m.Parts {
		if part.Image {
			return true
		}
	}
	return false
}

// CallStyle is the form in which the assistant is asked to write tool calls.
type CallStyle int

// The styles of calls.
const (
	TemplateStyle CallStyle = iota // the template's own form, which is JSON in the released models
	PythonicStyle                  // [get_weather(city="Oslo")], Meta's zero-shot form for Llama 4
)

// Options are the options of one rendering.
type Options struct {
	Tools         []string // the definitions of the tools, each a JSON object in OpenAI's form
	ToolsInSystem bool     // define the tools in the system message, not in the first user message
	Style         CallStyle
	Date          string // today's date, as "26 Jul 2024", for templates that use it; empty for the template's default
	NoReply       bool   // do not end the prompt with the header of the assistant's answer
	Continue      bool   // leave the last message open, so that the answer continues it
}

// Format is a model's chat format.
type Format interface {
	// Name returns "llama3", "llama4" or "chatml".
	Name() string
	// Render returns the prompt of a conversation. Errors: InvalidRequest for what the format cannot express.
	Render(messages []Message, o Options) ([]Piece, error)
	// StopTokens returns the names of the special tokens that end an answer.
	StopTokens() []string
}

// Piece is a piece of a prompt: text, a special token, or the place of the next image. Exactly one field is set.
type Piece struct {
	Text    string
	Special string
	Image   bool
}

// BOS as a Piece's Special stands for the vocabulary's own beginning-of-text token, whatever its name.
const BOS = "bos_token"

// Tokens returns the token ids of a prompt. image returns the ids that stand for image i; it is nil for a model without
// vision. If the vocabulary asks for a beginning-of-text token and the prompt does not start with one, it is added.
// Errors: BadModel for a special token that is not in the vocabulary; InvalidRequest for an image without vision.
func Tokens(t *tokenizer.Tokenizer, prompt []Piece, image func(i int) []int32) ([]int32, error) {
	var ids []int32
	images := 0
	for _, piece := range prompt {
		switch {
		case piece.Image && image == nil:
			return nil, errNoImages
		case piece.Image:
			ids = append(ids, image(images)...)
			images++
		case piece.Special != "":
			id, err := special(t, piece.Special)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		default:
			ids = append(ids, t.Encode(piece.Text)...)
		}
	}
	if bos, _, add := t.BOS(); add && (len(ids) == 0 || ids[0] != bos) {
		ids = append([]int32{bos}, ids...)
	}
	return ids, nil
}

func special(t *tokenizer.Tokenizer, name string) (int32, error) {
	id, ok := t.Special(name)
	if name == BOS {
		id, ok, _ = t.BOS()
	}
	if !ok {
		return 0, errs.New(errs.BadModel, "the file's vocabulary has no special token "+name+", which its chat template uses")
	}
	return id, nil
}

// prompt is a prompt that is being rendered.
type prompt []Piece

// text appends text. Adjacent texts become one piece, because the reference encodes them as one.
func (p *prompt) text(s string) {
	if s == "" {
		return
	}
	if last := len(*p) - 1; last >= 0 && (*p)[last].Text != "" {
		(*p)[last].Text += s
		return
	}
	*p = append(*p, Piece{Text: s})
}

// reopen removes the end of the last message, which is a special token and what follows it.
func (p *prompt) reopen(end string) {
	for i := len(*p) - 1; i >= 0; i-- {
		if (*p)[i].Special == end {
			*p = (*p)[:i]
			return
		}
	}
}

func (p *prompt) special(name string) { *p = append(*p, Piece{Special: name}) }

func (p *prompt) parts(parts []ContentPart) {
	for _, part := range parts {
		if part.Image {
			*p = append(*p, Piece{Image: true})
		} else {
			p.text(part.Text)
		}
	}
}

func invalid(message string) error { return errs.New(errs.InvalidRequest, message) }

// check returns an error for messages that no format can express.
func check(messages []Message) error {
	if len(messages) == 0 {
		return invalid("the conversation is empty; send at least one message")
	}
	for _, m := range messages {
		switch {
		case m.Role != System && m.Role != User && m.Role != Assistant && m.Role != Tool:
			return invalid("a message has the unknown role \"" + string(m.Role) + "\"; use system, user, assistant or tool")
		case m.Role != User && m.hasImage():
			return invalid("an image is in a message of the role " + string(m.Role) + "; images belong in user messages")
		case m.Role != Assistant && len(m.Calls) > 0:
			return invalid("a message of the role " + string(m.Role) + " calls a tool; only the assistant can")
		}
	}
	return nil
}

// trimLeft and trimRight remove the characters that Python's str.strip removes: White_Space and U+001C to U+001F.
func trimLeft(s string) string  { return strings.TrimLeftFunc(s, pythonSpace) }
func trimRight(s string) string { return strings.TrimRightFunc(s, pythonSpace) }
func trim(s string) string      { return trimRight(trimLeft(s)) }

// trimParts returns a copy of parts without the space at both ends of the message. Where the first or last part is an
// image, the text next to it is not trimmed.
func trimParts(parts []ContentPart) []ContentPart {
	if len(parts) == 0 {
		return nil
	}
	trimmed := append([]ContentPart(nil), parts...)
	trimmed[0].Text = trimLeft(trimmed[0].Text)
	last := len(trimmed) - 1
	trimmed[last].Text = trimRight(trimmed[last].Text)
	return trimmed
}
