package chat

import "strings"

// llama is the chat format of Llama 3 and 4. Each message is
//
//	START ROLE END \n\n CONTENT EOT
//
// where START, END and EOT are special tokens of the family. Source: docs/spec/llama4.md §6.
type llama struct {
	name             string
	start, end, eot  string
	stops            []string
	bos              bool // the template writes the beginning-of-text token
	images           bool // messages of the user may have images
	trim             bool // the text of every message is trimmed, not only that of the system message
	preamble         preamble
	toolInstructions toolInstructions
	wrapsCalls       bool // <|python_start|>TEXT<|python_end|> precedes the calls; otherwise TEXT is left out
	oneCall          bool // a message has at most one call
}

// preamble is the beginning of the system message of Llama 3.1 to 3.3, which exists even if the conversation has no
// system message: "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n".
type preamble struct {
	always    bool   // the template writes a preamble
	cutoff    string // its first line
	before    string // the text before the date
	after     string // the text after the date
	date      string // the template's default date
	usesToday bool   // whether the template uses today's date if it is given
}

// toolInstructions are the texts that a template writes before the definitions of tools.
type toolInstructions struct {
	inUser   string // in the first user message; empty if the template does not write them there
	inSystem string // in the system message; empty if the template does not write them there
}

// environmentLine is the first line of the system message when there are tools.
const environmentLine = "Environment: ipython\n"

// pythonicInstructions ask for calls in Meta's zero-shot form. The released templates have no text for that form, so
// this text is Outrider's own.
const pythonicInstructions = "You can call the functions below, given as JSON. To call them, answer with nothing but " +
	"a list in the form [name1(argument1=value1, argument2=value2), name2()]. Otherwise answer in plain text.\n\n"

// newLlama3 returns the format of a Llama 3 template.
func newLlama3(t template) Format {
	f := &llama{
		name: "llama3", start: "<|start_header_id|>", end: "<|end_header_id|>", eot: "<|eot_id|>",
		stops: []string{"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"},
	}
	f.readTemplate(t)
	f.oneCall = true
	return f
}

// newLlama4 returns the format of a Llama 4 template.
func newLlama4(t template) Format {
	f := &llama{
		name: "llama4", start: "<|header_start|>", end: "<|header_end|>", eot: "<|eot|>",
		stops:  []string{"<|eot|>", "<|eom|>", "<|end_of_text|>"},
		images: true, wrapsCalls: t.hasLiteral("<|python_start|>"),
	}
	f.readTemplate(t)
	return f
}

// Name implements Format.
func (f *llama) Name() string { return f.name }

// StopTokens implements Format.
func (f *llama) StopTokens() []string { return f.stops }

// readTemplate reads from the template what members of the family differ in.
func (f *llama) readTemplate(t template) {
	f.bos, f.trim = t.beginsText(), t.trimsContent()
	f.preamble.usesToday = t.has("strftime_now")
	for _, tag := range t {
		f.preamble.readTag(tag)
	}
	f.toolInstructions.readTemplate(t, f.end+"\n\n")
}

// readTag reads a part of the preamble from a tag that contains one.
func (p *preamble) readTag(t tag) {
	switch {
	case t.kind == '%' && strings.HasPrefix(t.code, "setdate_string=") && len(t.literals) == 1 &&
		!strings.Contains(t.code, "("):
		p.date = t.literals[0]
	case t.kind == '{' && len(t.literals) == 1 && strings.HasPrefix(t.literals[0], "Cutting Knowledge Date"):
		p.always, p.cutoff = true, t.literals[0]
	case t.kind == '{' && len(t.literals) == 2 && strings.HasSuffix(t.literals[0], "Date: "):
		p.before, p.after = t.literals[0], t.literals[1]
	}
}

// readTemplate finds the loops over tools. The instructions are the literals that the template writes directly before a
// loop. header is the end of a message's header: instructions that follow the header of a user message belong there.
func (p *toolInstructions) readTemplate(t template, header string) {
	written := "" // the literals written since the last tag of another kind
	for _, tag := range t {
		switch {
		case tag.writesLiteral():
			written += tag.literals[0]
			continue
		case tag.kind == 0 && strings.TrimSpace(tag.literals[0]) == "":
			continue
		case tag.kind == '%' && strings.HasPrefix(tag.code, "for") && strings.HasSuffix(tag.code, "intools"):
			if before, instructions, ok := strings.Cut(written, header); ok && strings.HasSuffix(before, string(User)) {
				p.inUser = instructions
			} else {
				p.inSystem = written
			}
		}
		written = ""
	}
}

// text returns the preamble with today's date, if it is not empty and the template uses it, or the template's own.
func (p *preamble) text(today string) string {
	if !p.always {
		return ""
	}
	date := p.date
	if p.usesToday && today != "" {
		date = today
	}
	return p.cutoff + p.before + date + p.after
}

// Render implements Format.
func (f *llama) Render(messages []Message, o Options) ([]Piece, error) {
	if err := f.check(messages, o); err != nil {
		return nil, err
	}
	var p prompt
	if f.bos {
		p.special(BOS)
	}
	definitions, inSystem, err := f.toolDefinitions(o)
	if err != nil {
		return nil, err
	}
	messages = f.writeSystem(&p, messages, definitions, inSystem, o)
	if definitions != "" && !inSystem {
		if messages, err = f.writeFirstUser(&p, messages, definitions); err != nil {
			return nil, err
		}
	}
	for _, m := range messages {
		if err := f.writeMessage(&p, m, o.Style); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Continue:
		p.reopen(f.eot)
	case !o.NoReply:
		f.writeHeader(&p, string(Assistant))
	}
	return p, nil
}

// writeFirstUser writes the user message that defines the tools, and returns the messages after it.
func (f *llama) writeFirstUser(p *prompt, messages []Message, definitions string) ([]Message, error) {
	if len(messages) == 0 {
		return nil, invalid("tools are defined in the first user message, and there is none; send a user message")
	}
	f.writeHeader(p, string(User))
	p.text(definitions)
	p.parts(trimParts(messages[0].Parts))
	p.special(f.eot)
	return messages[1:], nil
}

// writeSystem writes the system message, if the prompt has one, and returns the messages after it.
func (f *llama) writeSystem(p *prompt, messages []Message, definitions string, inSystem bool, o Options) []Message {
	hasSystem := messages[0].Role == System
	if !hasSystem && !f.preamble.always && !inSystem {
		return messages
	}
	f.writeHeader(p, string(System))
	if len(o.Tools) > 0 {
		p.text(environmentLine)
	}
	p.text(f.preamble.text(o.Date))
	if inSystem {
		p.text(definitions)
	}
	if hasSystem {
		p.text(trim(messages[0].text()))
		messages = messages[1:]
	}
	p.special(f.eot)
	return messages
}

// toolDefinitions returns the text that defines the tools, empty without tools, and whether it belongs in the system
// message. Errors: InvalidRequest for a template without tools and for a definition that is not a JSON object.
func (f *llama) toolDefinitions(o Options) (text string, inSystem bool, err error) {
	if len(o.Tools) == 0 {
		return "", false, nil
	}
	instructions, inSystem := f.toolInstructions.inUser, false
	switch {
	case o.Style == PythonicStyle:
		instructions, inSystem = pythonicInstructions, true
	case o.ToolsInSystem || instructions == "":
		instructions, inSystem = f.toolInstructions.inSystem, true
	}
	if instructions == "" {
		return "", false, errNoTools
	}
	var all strings.Builder
	all.WriteString(instructions)
	for _, tool := range o.Tools {
		definition, err := formatJSON(tool, 4)
		if err != nil || !strings.HasPrefix(definition, "{") {
			return "", false, invalid("the definition of a tool is not a JSON object")
		}
		all.WriteString(definition + "\n\n")
	}
	return all.String(), inSystem, nil
}

// writeHeader writes the header of a message.
func (f *llama) writeHeader(p *prompt, role string) {
	p.special(f.start)
	p.text(role)
	p.special(f.end)
	p.text("\n\n")
}

// writeMessage writes a whole message.
func (f *llama) writeMessage(p *prompt, m Message, style CallStyle) error {
	switch {
	case m.Role == Tool:
		f.writeHeader(p, "ipython")
		p.text(quoteJSON(m.text()))
	case len(m.Calls) > 0:
		f.writeHeader(p, string(Assistant))
		if err := f.writeCalls(p, m, style); err != nil {
			return err
		}
	default:
		f.writeHeader(p, string(m.Role))
		if f.trim {
			m.Parts = trimParts(m.Parts)
		}
		p.parts(m.Parts)
	}
	p.special(f.eot)
	return nil
}

// writeCalls writes the calls of an assistant's message in the form in which the model writes them.
func (f *llama) writeCalls(p *prompt, m Message, style CallStyle) error {
	if style == PythonicStyle {
		text, err := pythonicCalls(m.Calls)
		p.text(text)
		return err
	}
	if f.oneCall && len(m.Calls) > 1 {
		return invalid("a message calls several tools; this model's chat template allows one call a message")
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

// check returns an error for what the format cannot express.
func (f *llama) check(messages []Message, o Options) error {
	for _, m := range messages {
		if m.hasImage() && !f.images {
			return errNoImages
		}
	}
	return check(messages)
}
