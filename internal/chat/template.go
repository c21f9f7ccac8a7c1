package chat

import (
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// A GGUF file contains its chat template as a Jinja program. This package does not run the program. It recognises the
// family that the template belongs to, and reads from the template what members of a family differ in: instructions for
// tools, dates, default system prompt, trimming.

// family is a kind of templates, recognised by its special tokens.
type family struct {
	name     string
	required []string // all must be in the template and in the vocabulary
	optional []string // special tokens that may be in the template
	make     func(template) Format
}

var families = []family{
	{"llama4", []string{"<|header_start|>", "<|header_end|>", "<|eot|>"},
		[]string{"<|begin_of_text|>", "<|end_of_text|>", "<|eom|>", "<|python_start|>", "<|python_end|>", "<|image|>"},
		newLlama4},
	{"llama3", []string{"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
		[]string{"<|begin_of_text|>", "<|end_of_text|>", "<|eom_id|>", "<|python_tag|>", "<|image|>"}, newLlama3},
	{"chatml", []string{"<|im_start|>", "<|im_end|>"}, []string{"<|endoftext|>"}, newChatML},
}

// FromTemplate returns the chat format of a file with the template jinja; has reports whether the vocabulary has a
// special token. Errors: UnsupportedTemplate, also for an empty template and for a template of a known family that
// uses unknown special tokens.
func FromTemplate(jinja string, has func(special string) bool) (Format, error) {
	if strings.TrimSpace(jinja) == "" {
		return nil, unsupported("the file has no chat template, so it cannot hold a conversation; " +
			"choose an instruction-tuned model")
	}
	t := parseTemplate(jinja)
	for _, f := range families {
		if !t.hasAll(f.required) {
			continue
		}
		if err := f.check(t, has); err != nil {
			return nil, err
		}
		return f.make(t), nil
	}
	return nil, unsupported("the file's chat template is of no known kind (Llama 3, Llama 4, ChatML); choose another file")
}

// check returns an error for a template with unknown special tokens, or with required ones that the vocabulary lacks.
func (f *family) check(t template, has func(special string) bool) error {
	for _, name := range t.specials() {
		if !slices.Contains(f.required, name) && !slices.Contains(f.optional, name) {
			return unsupported("the file's chat template looks like " + f.name + " but uses " + name +
				", which Outrider does not know; choose another file")
		}
	}
	for _, name := range f.required {
		if !has(name) {
			return unsupported("the file's chat template uses " + name + ", which its vocabulary lacks; the file is damaged")
		}
	}
	return nil
}

func unsupported(message string) error { return errs.New(errs.UnsupportedTemplate, message) }

// template is a Jinja program as the list of its tags.
type template []tag

// tag is an output {{ }}, a statement {% %} or text between tags. Comments are left out.
type tag struct {
	kind     byte     // '{', '%', or 0 for text
	code     string   // what is inside the tag, without spaces outside string literals
	literals []string // the string literals, unescaped; text between tags is one literal
}

// parseTemplate splits a program into tags. A tag that is not well formed becomes text, which no family requires.
func parseTemplate(jinja string) (t template) {
	for jinja != "" {
		start := nextTag(jinja)
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

// nextTag returns the index of the first tag or comment in s, or the length of s if there is none.
func nextTag(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && strings.IndexByte("{%#", s[i+1]) >= 0 {
			return i
		}
	}
	return len(s)
}

// readTag reads what is inside a tag, and its end, and returns the tag and what follows it in s.
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

// literalEnd returns the index of the quote that closes the one at s[0], or the length of s if there is none.
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

// writesLiteral reports whether the tag writes one literal and nothing else.
func (t tag) writesLiteral() bool {
	return t.kind == '{' && t.code != "" && (t.code[0] == '\'' || t.code[0] == '"') && literalEnd(t.code) == len(t.code)-1
}

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\'`, `'`, `\"`, `"`)

func unescape(s string) string { return escapes.Replace(s) }

// has reports whether a tag contains code, which has no spaces.
func (t template) has(code string) bool {
	for _, tag := range t {
		if strings.Contains(tag.code, code) {
			return true
		}
	}
	return false
}

// hasAll reports whether each of the strings is in a literal.
func (t template) hasAll(literals []string) bool {
	for _, l := range literals {
		if !t.hasLiteral(l) {
			return false
		}
	}
	return true
}

// hasLiteral reports whether a literal contains part.
func (t template) hasLiteral(part string) bool {
	_, ok := t.literal(func(l string) bool { return strings.Contains(l, part) })
	return ok
}

// literal returns the first literal that matches.
func (t template) literal(matches func(string) bool) (string, bool) {
	for _, tag := range t {
		for _, l := range tag.literals {
			if matches(l) {
				return l, true
			}
		}
	}
	return "", false
}

// specials returns the names of the form <|name|> in the literals.
func (t template) specials() (names []string) {
	for _, tag := range t {
		for _, l := range tag.literals {
			names = appendSpecials(names, l)
		}
	}
	return names
}

// appendSpecials appends the names of the form <|name|> in s.
func appendSpecials(names []string, s string) []string {
	for {
		start := strings.Index(s, "<|")
		if start < 0 {
			return names
		}
		n := strings.Index(s[start:], "|>")
		if n < 0 {
			return names
		}
		names = append(names, s[start:start+n+2])
		s = s[start+n+2:]
	}
}

// trimsContent reports whether the template trims the text of every message.
func (t template) trimsContent() bool {
	return t.has("message['content']|trim") || t.has(`message["content"]|trim`) || t.has("message.content|trim")
}

// beginsText reports whether the template writes the beginning-of-text token.
func (t template) beginsText() bool { return t.has("bos_token") || t.hasLiteral("<|begin_of_text|>") }
