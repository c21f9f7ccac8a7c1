package chat

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden is a template and the prompts that Jinja rendered with it.
type golden struct {
	Name     string
	Template string
	Prompts  []struct {
		Case     string
		Messages []struct {
			Role      Role
			Content   json.RawMessage
			ToolCalls []struct {
				Function struct {
					Name      string
					Arguments json.RawMessage
				}
			} `json:"tool_calls"`
		}
		Tools  []json.RawMessage
		InUser *bool  `json:"tools_in_user_message"`
		Reply  *bool  `json:"add_generation_prompt"`
		Date   string `json:"date_string"`
		Text   string
	}
}

// readGoldens reads the committed templates and, if make.py has downloaded them, published ones.
func readGoldens(t *testing.T) (all []golden) {
	t.Helper()
	files, _ := filepath.Glob("../../testdata/golden/chat/golden.json")
	more, _ := filepath.Glob("../../models/cache/templates/golden.json")
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		var some []golden
		if err == nil {
			err = json.Unmarshal(data, &some)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	if len(all) < 5 {
		t.Fatalf("only %d templates", len(all))
	}
	return all
}

func always(string) bool { return true }

func parts(t *testing.T, content json.RawMessage) []ContentPart {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return []ContentPart{{Text: text}}
	}
	var list []struct{ Type, Text string }
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	var all []ContentPart
	for _, item := range list {
		all = append(all, ContentPart{Text: item.Text, Image: item.Type == "image"})
	}
	return all
}

// written returns a prompt as Jinja writes it, with the names of special tokens.
func written(prompt []Piece) string {
	var text strings.Builder
	for _, p := range prompt {
		switch {
		case p.Image:
			text.WriteString("<|image|>")
		case p.Special == BOS:
			text.WriteString("<|begin_of_text|>")
		default:
			text.WriteString(p.Text + p.Special)
		}
	}
	return text.String()
}

func TestRenderEqualsJinja(t *testing.T) {
	for _, g := range readGoldens(t) {
		format, err := FromTemplate(g.Template, always)
		if err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
		for _, p := range g.Prompts {
			var messages []Message
			for _, m := range p.Messages {
				message := Message{Role: m.Role, Parts: parts(t, m.Content)}
				for _, c := range m.ToolCalls {
					message.Calls = append(message.Calls, ToolCall{c.Function.Name, string(c.Function.Arguments)})
				}
				messages = append(messages, message)
			}
			o := Options{Date: p.Date, ToolsInSystem: p.InUser != nil && !*p.InUser, NoReply: p.Reply != nil && !*p.Reply}
			for _, tool := range p.Tools {
				o.Tools = append(o.Tools, string(tool))
			}
			prompt, err := format.Render(messages, o)
			if err != nil {
				t.Errorf("%s, %s: %v", g.Name, p.Case, err)
			} else if got := written(prompt); got != p.Text {
				t.Errorf("%s, %s:\ngot  %q\nwant %q", g.Name, p.Case, got, p.Text)
			}
		}
	}
}
