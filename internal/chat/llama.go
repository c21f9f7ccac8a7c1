package chat

import "strings"

// llama is the format of Llama 3 and 4. Each message is
//
//	START ROLE END \n\n CONTENT EOT
//
// with the family's own special tokens for START, END and EOT. Source: docs/spec/llama4.md §6.
type llama struct {
	name            string
	start, end, eot string
	stops           []string
	bos             bool
	images          bool
	trim            bool // every message, not only the system one
	preamble        preamble
	tools           toolProse
	wrapsCalls      bool // <|python_start|>TEXT<|python_end|> before the calls; else TEXT is dropped
	oneCall         bool // at most one call a message
}

// preamble begins the system message of Llama 3.1 to 3.3, which is there even if nobody wrote one:
// "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n".
type preamble struct {
	always      bool
	cutoff      string // the first line
	before      string // what surrounds the date
	after       string
	date        string // the template's own date
	asksForDate bool   // whether it would rather have today's
}

// toolProse is what a template says before the definitions of tools.
type toolProse struct {
	inUser, inSystem string // empty if the template cannot put them there
}

const environment = "Environment: ipython\n" // first line of the system message when there are tools

// pythonicProse asks for calls in Meta's zero-shot form. The released templates have no words for it; these are ours.
const pythonicProse = "You can call the functions below, given as JSON. To call them, answer with nothing but a list in the form " +
	"[name1(argument1=value1, argument2=value2), name2()]. Otherwise answer in plain text.\n\n"

func newLlama3(t template) Format {
	f := &llama{
		name: "llama3", start: "<|start_header_id|>", end: "<|end_header_id|>", eot: "<|eot_id|>",
		stops: []string{"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"},
	}
	f.read(t)
	f.oneCall = true
	return f
}

func newLlama4(t template) Format {
	f := &llama{
		name: "llama4", start: "<|header_start|>", end: "<|header_end|>", eot: "<|eot|>",
		stops:  []string{"<|eot|>", "<|eom|>", "<|end_of_text|>"},
		images: true, wrapsCalls: t.hasLiteral("<|python_start|>"),
	}
	f.read(t)
	return f
}

func (f *llama) Name() string         { return f.name }
func (f *llama) StopTokens() []string { return f.stops }

// read takes from the template what members of the family differ in.
func (f *llama) read(t template) {
	f.bos, f.trim = t.beginsText(), t.trimsContent()
	f.preamble.asksForDate = t.has("strftime_now")
	for _, tag := range t {
		f.preamble.read(tag)
	}
	f.tools.read(t, f.end+"\n\n")
}

func (p *preamble) read(t tag) {
	switch {
	case t.kind == '%' && strings.HasPrefix(t.code, "setdate_string=") && len(t.literals) == 1 && !strings.Contains(t.code, "("):
		p.date = t.literals[0]
	case t.kind == '{' && len(t.literals) == 1 && strings.HasPrefix(t.literals[0], "Cutting Knowledge Date"):
		p.always, p.cutoff = true, t.literals[0]
	case t.kind == '{' && len(t.literals) == 2 && strings.HasSuffix(t.literals[0], "Date: "):
		p.before, p.after = t.literals[0], t.literals[1]
	}
}

// read finds the loops over tools. The prose is what is written just before one; header ends a message's header, so a
// loop in a user message of its own is one whose prose follows the header of a user message.
func (p *toolProse) read(t template, header string) {
	run := "" // the literals written since the last tag that does something else
	for _, tag := range t {
		switch {
		case tag.writesLiteral():
			run += tag.literals[0]
			continue
		case tag.kind == 0 && strings.TrimSpace(tag.literals[0]) == "":
			continue
		case tag.kind == '%' && strings.HasPrefix(tag.code, "for") && strings.HasSuffix(tag.code, "intools"):
			if before, prose, ok := strings.Cut(run, header); ok && strings.HasSuffix(before, string(User)) {
				p.inUser = prose
			} else {
				p.inSystem = run
			}
		}
		run = ""
	}
}

// text is the preamble with a date.
func (p *preamble) text(today string) string {
	if !p.always {
		return ""
	}
	date := p.date
	if p.asksForDate && today != "" {
		date = today
	}
	return p.cutoff + p.before + date + p.after
}

func (f *llama) Render(messages []Message, o Options) ([]Piece, error) {
	if err := f.check(messages, o); err != nil {
		return nil, err
	}
	var p prompt
	if f.bos {
		p.special(BOS)
	}
	definitions, inSystem, err := f.define(o)
	if err != nil {
		return nil, err
	}
	messages = f.system(&p, messages, definitions, inSystem, o)
	if definitions != "" && !inSystem {
		if len(messages) == 0 {
			return nil, invalid("tools are defined in the first user message, and there is none; send a user message")
		}
		f.open(&p, string(User))
		p.text(definitions)
		p.parts(trimParts(messages[0].Parts))
		p.special(f.eot)
		messages = messages[1:]
	}
	for _, m := range messages {
		if err := f.message(&p, m, o.Style); err != nil {
			return nil, err
		}
	}
	if !o.NoReply {
		f.open(&p, string(Assistant))
	}
	return p, nil
}

// system writes the system message, if there is one to write, and gives the messages after it.
func (f *llama) system(p *prompt, messages []Message, definitions string, inSystem bool, o Options) []Message {
	written := messages[0].Role == System
	if !written && !f.preamble.always && !inSystem {
		return messages
	}
	f.open(p, string(System))
	if len(o.Tools) > 0 {
		p.text(environment)
	}
	p.text(f.preamble.text(o.Date))
	if inSystem {
		p.text(definitions)
	}
	if written {
		p.text(trim(messages[0].text()))
		messages = messages[1:]
	}
	p.special(f.eot)
	return messages
}

// define gives the words that define the tools, empty if there are none, and whether they go into the system message.
func (f *llama) define(o Options) (text string, inSystem bool, err error) {
	if len(o.Tools) == 0 {
		return "", false, nil
	}
	prose, inSystem := f.tools.inUser, false
	switch {
	case o.Style == PythonicStyle:
		prose, inSystem = pythonicProse, true
	case o.ToolsInSystem || prose == "":
		prose, inSystem = f.tools.inSystem, true
	}
	if prose == "" {
		return "", false, errNoTools
	}
	var all strings.Builder
	all.WriteString(prose)
	for _, tool := range o.Tools {
		definition, err := formatJSON(tool, 4)
		if err != nil || !strings.HasPrefix(definition, "{") {
			return "", false, invalid("the definition of a tool is not a JSON object")
		}
		all.WriteString(definition + "\n\n")
	}
	return all.String(), inSystem, nil
}

func (f *llama) open(p *prompt, role string) {
	p.special(f.start)
	p.text(role)
	p.special(f.end)
	p.text("\n\n")
}

func (f *llama) message(p *prompt, m Message, style CallStyle) error {
	switch {
	case m.Role == Tool:
		f.open(p, "ipython")
		p.text(quoteJSON(m.text()))
	case len(m.Calls) > 0:
		f.open(p, string(Assistant))
		if err := f.calls(p, m, style); err != nil {
			return err
		}
	default:
		f.open(p, string(m.Role))
		if f.trim {
			m.Parts = trimParts(m.Parts)
		}
		p.parts(m.Parts)
	}
	p.special(f.eot)
	return nil
}

// calls writes an assistant's calls as the model wrote them.
func (f *llama) calls(p *prompt, m Message, style CallStyle) error {
	if style == PythonicStyle {
		text, err := pythonicCalls(m.Calls)
		p.text(text)
		return err
	}
	if f.oneCall && len(m.Calls) > 1 {
		return invalid("a message calls several tools; this model's chat template holds one call a message")
	}
	if f.wrapsCalls {
		p.special("<|python_start|>")
		p.parts(m.Parts)
		p.special("<|python_end|>")
	}
	for _, call := range m.Calls {
		arguments, err := formatJSON(call.Arguments, 0)
		if err != nil {
			return invalid("the arguments of a call of " + call.Name + " are not JSON")
		}
		p.text(`{"name": "` + call.Name + `", "parameters": ` + arguments + "}")
	}
	return nil
}

func (f *llama) check(messages []Message, o Options) error {
	for _, m := range messages {
		if m.hasImage() && !f.images {
			return errNoImages
		}
	}
	return check(messages)
}
