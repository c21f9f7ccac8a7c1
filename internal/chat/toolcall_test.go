package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// show formats events as one line. Adjacent texts are joined, because how an answer is split must not matter.
func show(events []Event) string {
	var line strings.Builder
	inText := false
	for _, e := range events {
		if e.Call == nil {
			if !inText {
				line.WriteString("T:")
			}
			line.WriteString(e.Text)
			inText = true
			continue
		}
		line.WriteString("⟦" + e.Call.Name + " " + e.Call.Arguments + "⟧")
		inText = false
	}
	return line.String()
}

// feed parses an answer, split into texts of at most n bytes. Special tokens are written <|name|>.
func feed(answer string, n int) []Event {
	p := NewParser()
	var events []Event
	for answer != "" {
		text, rest, found := strings.Cut(answer, "<|")
		for len(text) > n {
			events = append(events, p.Text(text[:n])...)
			text = text[n:]
		}
		events = append(events, p.Text(text)...)
		answer = ""
		if found {
			name, after, _ := strings.Cut(rest, "|>")
			events = append(events, p.Special("<|"+name+"|>")...)
			answer = after
		}
	}
	return append(events, p.Close()...)
}

// answers are answers with what the parser makes of them, as show formats it.
var answers = []struct{ answer, want string }{
	{"", ""},
	{"Paris.", "T:Paris."},
	{"  \n ", "T:  \n "},
	{" [1] is a reference", "T: [1] is a reference"},
	{"[link](http://x)", "T:[link](http://x)"},
	{"[]", "T:[]"},
	{"[f", "T:[f"},
	{"[f(a=1)", "T:[f(a=1)"},
	{"[f(a=1)] calls f", "T:[f(a=1)] calls f"},
	{"Use [f(a=1)]", "T:Use [f(a=1)]"},
	{`[get_weather(city="Oslo")]`, `⟦get_weather {"city": "Oslo"}⟧`},
	{" [f(a=1), g()] \n", `⟦f {"a": 1}⟧⟦g {}⟧`},
	{`[f(a='it\'s', b="\"q\" \x41\u00e9\d")]`, `⟦f {"a": "it's", "b": "\"q\" Aé\\d"}⟧`},
	{`[f(a=[1, -2.5, True], b=(None, 'x'), c={'k': {"l": False}}, d=())]`,
		`⟦f {"a": [1, -2.5, true], "b": [null, "x"], "c": {"k": {"l": false}}, "d": []}⟧`},
	{`[a.b-c(x=1e3)]`, `⟦a.b-c {"x": 1000.0}⟧`},
	{`[f(x=1e999)]`, `⟦f {"x": 1e999}⟧`},
	{`[f(1)]`, `T:[f(1)]`},
	{`[f(a=b)]`, `T:[f(a=b)]`},
	{`[f(a="x"]`, `T:[f(a="x"]`},
	{`{"name": "get_weather", "parameters": {"city": "Oslo"}}`, `⟦get_weather {"city": "Oslo"}⟧`},
	{` {"type":"function","name":"f","arguments":{"a":[1,{}]}} `, `⟦f {"a": [1, {}]}⟧`},
	{`{"parameters": {}, "name": "f"}`, `⟦f {}⟧`},
	{`{"name": "f", "parameters": {}}{"name": "g", "parameters": {}}; {"name": "h", "parameters": {}}`,
		`⟦f {}⟧⟦g {}⟧⟦h {}⟧`},
	{`{"name": "f", "parameters": {}} done`, `⟦f {}⟧T:done`},
	{`{"name": "f"}`, `T:{"name": "f"}`},
	{`{"name": "", "parameters": {}}`, `T:{"name": "", "parameters": {}}`},
	{`{"name": "Ann", "age": 7}`, `T:{"name": "Ann", "age": 7}`},
	{`{"name": "f", "parameters": 7}`, `T:{"name": "f", "parameters": 7}`},
	{`{"type": "object", "name": "f"}`, `T:{"type": "object", "name": "f"}`},
	{`{"name": "f", "parameters": {"a": `, `T:{"name": "f", "parameters": {"a": `},
	{`{}`, `T:{}`},
	{`<function=f>{"a": 1}</function>`, `⟦f {"a": 1}⟧`},
	{`<function=f>{"a": 1}`, `⟦f {"a": 1}⟧`},
	{`Sure: <function=f>{"a": 1}</function> and that`, `T:Sure: ⟦f {"a": 1}⟧T: and that`},
	{`<function=f>{"a": 1}</function><function=g>{}</function>`, `⟦f {"a": 1}⟧⟦g {}⟧`},
	{`a < b <func <function=> <function=f>x`, `T:a < b <func <function=> <function=f>x`},
	{`<function=f>{"a": 1}</fun`, `T:<function=f>{"a": 1}</fun`},
	{`<|python_start|>[f(a=1)]<|python_end|>`, `⟦f {"a": 1}⟧`},
	{`<|python_start|>Let me see.<|python_end|>{"name": "f", "parameters": {}}`, `T:Let me see.⟦f {}⟧`},
	{`<|python_start|><|python_end|>{"name": "f", "parameters": {}}<|eom|>`, `⟦f {}⟧`},
	{`<|python_tag|>{"type": "function", "name": "f", "parameters": {"x": ""}}`, `⟦f {"x": ""}⟧`},
	{`Hm. <|python_start|>{"name": "f", "parameters": {}}<|python_end|>`, `T:Hm. ⟦f {}⟧`},
	{`<|python_start|>print(1)<|python_end|>`, `T:print(1)`},
	{`Hm.<|step|>[f()]`, `T:Hm.[f()]`},
}

func TestToolCallsOfEveryForm(t *testing.T) {
	for _, c := range answers {
		if got := show(feed(c.answer, len(c.answer)+1)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.answer, got, c.want)
		}
	}
}

func TestToolCallsDoNotDependOnHowTheAnswerIsSplit(t *testing.T) {
	for _, c := range answers {
		answer, want := c.answer, c.want
		for n := 1; n <= 7; n++ {
			if got := show(feed(answer, n)); got != want {
				t.Errorf("%s, %d bytes at a time\ngot  %s\nwant %s", answer, n, got, want)
			}
		}
		if strings.Contains(answer, "<|") {
			continue
		}
		for n := range answer {
			p := NewParser()
			events := append(p.Text(answer[:n]), p.Text(answer[n:])...)
			if got := show(append(events, p.Close()...)); got != want {
				t.Errorf("%s, cut at %d\ngot  %s\nwant %s", answer, n, got, want)
			}
		}
	}
}

func TestPlainTextIsReturnedAtOnce(t *testing.T) {
	for _, test := range []struct{ now, text string }{
		{"Hello", "Hello"}, {"a <", "a "}, {"a <b", "a <b"}, {"[1", "[1"}, {`{"temp`, `{"temp`}, {"[see ", "[see "[:0]},
		{"[see t", "[see t"},
	} {
		p := NewParser()
		if got := show(p.Text(test.now)); strings.TrimPrefix(got, "T:") != test.text {
			t.Errorf("%q: %q was returned, want %q", test.now, got, test.text)
		}
	}
}

// An answer of 100 KB in pieces of 4 bytes took seconds when each piece made the parser begin again.
func TestTheTimeOfToolCallsIsLinear(t *testing.T) {
	for name, answer := range map[string]string{
		"a long string":       `{"name":"f","parameters":{"a":"` + strings.Repeat("x", 400_000),
		"a pythonic string":   `[f(a="` + strings.Repeat("x", 400_000),
		"a list":              `{"name":"f","parameters":{"a":[` + strings.Repeat("1,", 200_000),
		"a name":              "[" + strings.Repeat("f", 400_000),
		"calls in a list":     "[" + strings.Repeat("f(), ", 80_000),
		"calls in a row":      strings.Repeat(`{"name":"f","parameters":{}}`, 14_000),
		"open tags":           strings.Repeat("<function=", 40_000),
		"tags with an object": strings.Repeat("<function=f>{", 30_000),
		"a string in a tag":   `<function=f>{"a":"` + strings.Repeat("<function=f>{", 30_000),
		"a tag's name":        "<function=" + strings.Repeat("f", 400_000),
		"space":               strings.Repeat(" ", 400_000),
	} {
		start := time.Now()
		events := feed(answer, 4)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %d KB took %v", name, len(answer)>>10, took)
		} else {
			t.Logf("%s: %d KB took %v, %d events", name, len(answer)>>10, took, len(events))
		}
	}
}

func FuzzToolCalls(f *testing.F) {
	for _, c := range answers {
		f.Add(c.answer, 3)
	}
	f.Fuzz(func(t *testing.T, answer string, n int) {
		whole := feed(answer, len(answer)+1)
		if cut := feed(answer, 1+(n&15)); show(cut) != show(whole) {
			t.Errorf("%q\nwhole %s\ncut   %s", answer, show(whole), show(cut))
		}
		var text strings.Builder
		calls := 0
		for _, e := range whole {
			text.WriteString(e.Text)
			if e.Call != nil {
				calls++
				if arguments := e.Call.Arguments; !json.Valid([]byte(arguments)) || arguments[0] != '{' || e.Call.Name == "" {
					t.Errorf("%q: call of %q with %q", answer, e.Call.Name, arguments)
				}
			}
		}
		if plain := !strings.Contains(answer, "<|"); plain && calls == 0 && text.String() != answer {
			t.Errorf("%q was returned as %q", answer, text.String())
		}
	})
}
