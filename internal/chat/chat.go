// Package chat turns a conversation into a prompt in the model's own format, and a model's answer into text and tool
// calls. Text and special tokens stay apart all the way to token ids, so nothing a user types is ever taken for a
// special token. It knows nothing of models, sampling or the shape of an API.
package chat

import (
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Role says who speaks.
type Role string

// The roles. A tool message holds the result of one call.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool"
)

// Part is a stretch of text, or the place of an image.
type ContentPart struct {
	Text  string
	Image bool
	File  []byte // the image's, or what names it; carried for others, this package does not look into it
}

// ToolCall is a call that the assistant made.
type ToolCall struct {
	Name      string
	Arguments string // a JSON object
}

// Message is one turn.
type Message struct {
	Role  Role
	Parts []ContentPart
	Calls []ToolCall // assistant only
}

// Text makes a message of text alone.
func Text(role Role, text string) Message {
	return Message{Role: role, Parts: []ContentPart{{Text: text}}}
}

// text joins a message's text.
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

// CallStyle is how the assistant is asked to write tool calls.
type CallStyle int

const (
	TemplateStyle CallStyle = iota // as the template has it: JSON in the released ones
	PythonicStyle                  // [get_weather(city="Oslo")], Meta's zero-shot form for Llama 4
)

// Options of one rendering.
type Options struct {
	Tools         []string // each tool's definition, a JSON object in OpenAI's form
	ToolsInSystem bool     // define the tools in the system message, not in the first user message
	Style         CallStyle
	Date          string // today, as "26 Jul 2024", for templates that ask; else the template's own default
	NoReply       bool   // do not end with the header of the assistant's answer
}

// Format is a model's chat format.
type Format interface {
	// Name is "llama3", "llama4" or "chatml".
	Name() string
	// Render lays out a conversation. Errors: InvalidRequest for what the format cannot express.
	Render(messages []Message, o Options) ([]Piece, error)
	// StopTokens names the special tokens that end an answer.
	StopTokens() []string
}

// Piece is a stretch of text, a special token, or the place of the next image: one of the three.
type Piece struct {
	Text    string
	Special string
	Image   bool
}

// BOS as a Piece's Special is the vocabulary's own token for the beginning of a text, whatever its name.
const BOS = "bos_token"

// Tokens gives the ids of a prompt. image gives the ids that stand for the i-th image; it is nil if the model as it is
// loaded sees none. The beginning-of-text token comes first if the vocabulary asks for it and the prompt lacks it, never
// twice. Errors: BadModel names a special token that the vocabulary lacks; InvalidRequest for an image not to be seen.
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
			ids = t.Append(ids, piece.Text)
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

// prompt is a rendering under way. Text that meets text becomes one piece: it is merged into tokens as one, as the
// reference does.
type prompt []Piece

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

// check refuses what no format can express.
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

// trimLeft and trimRight cut what Python's str.strip cuts: White_Space and U+001C to U+001F.
func trimLeft(s string) string  { return strings.TrimLeftFunc(s, pythonSpace) }
func trimRight(s string) string { return strings.TrimRightFunc(s, pythonSpace) }
func trim(s string) string      { return trimRight(trimLeft(s)) }

// trimParts trims the text at both ends of a message; an image at an end keeps what is behind it.
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
