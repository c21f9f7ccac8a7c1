package chat

import (
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// A GGUF file brings its chat template as a Jinja program. We do not run it: we recognise the family it belongs to,
// and read from its text what members of a family differ in (prose, dates, default system prompt, trimming).

// family is a kind of template: its special tokens tell it.
type family struct {
	name  string
	marks []string // all must be in the template and in the vocabulary
	also  []string // special tokens that may be in the template
	make  func(template) Format
}

var families = []family{
	{"llama4", []string{"<|header_start|>", "<|header_end|>", "<|eot|>"},
		[]string{"<|begin_of_text|>", "<|end_of_text|>", "<|eom|>", "<|python_start|>", "<|python_end|>", "<|image|>"}, newLlama4},
	{"llama3", []string{"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
		[]string{"<|begin_of_text|>", "<|end_of_text|>", "<|eom_id|>", "<|python_tag|>", "<|image|>"}, newLlama3},
	{"chatml", []string{"<|im_start|>", "<|im_end|>"}, []string{"<|endoftext|>"}, newChatML},
}

// FromTemplate recognises the chat format of a file by its template; has says whether the vocabulary has a special
// token. Errors: UnsupportedTemplate, also for no template at all and for a template of a known family that uses
// special tokens we do not know.
func FromTemplate(jinja string, has func(special string) bool) (Format, error) {
	if strings.TrimSpace(jinja) == "" {
		return nil, unsupported("the file has no chat template, so it cannot hold a conversation; choose an instruction-tuned model")
	}
	t := read(jinja)
	for _, f := range families {
		if !t.hasAll(f.marks) {
			continue
		}
		for _, name := range t.specials() {
			if !slices.Contains(f.marks, name) && !slices.Contains(f.also, name) {
				return nil, unsupported("the file's chat template looks like " + f.name + " but uses " + name + ", which Outrider does not know; choose another file")
			}
		}
		for _, name := range f.marks {
			if !has(name) {
				return nil, unsupported("the file's chat template uses " + name + ", which its vocabulary lacks; the file is damaged")
			}
		}
		return f.make(t), nil
	}
	return nil, unsupported("the file's chat template is of no known kind (Llama 3, Llama 4, ChatML); choose another file")
}

func unsupported(message string) error { return errs.New(errs.UnsupportedTemplate, message) }

// template is a Jinja program cut into its tags, in order.
type template []tag

// tag is an output {{ }}, a statement {% %} or text between tags. Comments are dropped.
type tag struct {
	kind     byte     // '{', '%', or 0 for text
	code     string   // the inside without spaces outside string literals
	literals []string // its string literals, unescaped; text is one literal
}

// read cuts a program into tags. What is not well formed ends as text, which no family asks for.
func read(jinja string) (t template) {
	for jinja != "" {
		start := tagStarts(jinja)
		if start > 0 {
			t = append(t, tag{literals: []string{jinja[:start]}})
		}
		if start == len(jinja) {
			break
		}
		kind := jinja[start+1]
		jinja = jinja[start+2:]
		if kind == '#' {
			_, jinja, _ = strings.Cut(jinja, "#}")
			continue
		}
		var inside tag
		inside, jinja = readTag(kind, jinja)
		t = append(t, inside)
	}
	return t
}

// tagStarts is where the first tag or comment of s starts, or the end of s.
func tagStarts(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && strings.IndexByte("{%#", s[i+1]) >= 0 {
			return i
		}
	}
	return len(s)
}

// readTag reads the inside of a tag up to and with its end, and gives what follows.
func readTag(kind byte, s string) (tag, string) {
	end := "}}"
	if kind == '%' {
		end = "%}"
	}
	t := tag{kind: kind}
	var code strings.Builder
	for s != "" && !strings.HasPrefix(s, end) {
		switch c := s[0]; c {
		case '\'', '"':
			n := literalEnd(s)
			t.literals = append(t.literals, unescape(s[1:n]))
			code.WriteString(s[:min(n+1, len(s))])
			s = s[min(n+1, len(s)):]
			continue
		case ' ', '\t', '\r', '\n':
		default:
			code.WriteByte(c)
		}
		s = s[1:]
	}
	t.code = strings.Trim(code.String(), "-+")
	return t, strings.TrimPrefix(s, end)
}

// literalEnd is the place of the quote that closes the one at s[0], or the end of s.
func literalEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return len(s)
}

// writesLiteral says whether the tag writes one literal and nothing else.
func (t tag) writesLiteral() bool {
	return t.kind == '{' && t.code != "" && (t.code[0] == '\'' || t.code[0] == '"') && literalEnd(t.code) == len(t.code)-1
}

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\'`, `'`, `\"`, `"`)

func unescape(s string) string { return escapes.Replace(s) }

// has says whether code (without spaces) is in a tag.
func (t template) has(code string) bool {
	for _, tag := range t {
		if strings.Contains(tag.code, code) {
			return true
		}
	}
	return false
}

func (t template) hasAll(literals []string) bool {
	for _, l := range literals {
		if !t.hasLiteral(l) {
			return false
		}
	}
	return true
}

func (t template) hasLiteral(part string) bool {
	_, ok := t.literal(func(l string) bool { return strings.Contains(l, part) })
	return ok
}

// literal is the first one that is wanted.
func (t template) literal(wanted func(string) bool) (string, bool) {
	for _, tag := range t {
		for _, l := range tag.literals {
			if wanted(l) {
				return l, true
			}
		}
	}
	return "", false
}

// specials are the names of the form <|name|> in the literals.
func (t template) specials() (names []string) {
	for _, tag := range t {
		for _, l := range tag.literals {
			for {
				start := strings.Index(l, "<|")
				if start < 0 {
					break
				}
				n := strings.Index(l[start:], "|>")
				if n < 0 {
					break
				}
				names = append(names, l[start:start+n+2])
				l = l[start+n+2:]
			}
		}
	}
	return names
}

// trimsContent says whether the text of every message is trimmed.
func (t template) trimsContent() bool {
	return t.has("message['content']|trim") || t.has(`message["content"]|trim`) || t.has("message.content|trim")
}

// beginsText says whether the template writes the beginning-of-text token.
func (t template) beginsText() bool { return t.has("bos_token") || t.hasLiteral("<|begin_of_text|>") }
