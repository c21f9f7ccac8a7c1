package openai

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
)

const hello = `"messages":[{"role":"user","content":"Hello"}]`

func decode(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// message returns a message of text parts.
func message(role string, texts ...string) Message {
	m := Message{Role: role}
	for _, t := range texts {
		m.Parts = append(m.Parts, Part{Text: t})
	}
	return m
}

// content returns a request whose only message has one part.
func content(part string) string {
	return `{"messages":[{"role":"user","content":[` + part + `]}]}`
}

func TestParseReadsSupportedFields(t *testing.T) {
	seven := int64(7)
	for _, c := range []struct {
		name, request string
		want          Request
	}{
		{"the minimum", `{` + hello + `}`, Request{Temperature: 1, TopP: 1, Messages: []Message{message("user", "Hello")}}},
		{"nulls are absent", `{` + hello + `,"stop":null,"temperature":null,"tools":null,"max_tokens":null}`,
			Request{Temperature: 1, TopP: 1, Messages: []Message{message("user", "Hello")}}},
		{"everything", `{"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0,"top_p":0.9,
			"max_tokens":5,"stop":["a","b"],"seed":7,"n":1,
			"messages":[{"role":"developer","content":"Be brief."},
				{"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}]}`,
			Request{Model: "m", Stream: true, IncludeUsage: true, Temperature: 0, TopP: 0.9, Seed: &seven, MaxTokens: 5,
				Stop: []string{"a", "b"}, Messages: []Message{message("system", "Be brief."), message("user", "Hel", "lo")}}},
		{"pictures", `{"messages":[{"role":"user","content":[
			{"type":"image_url","image_url":{"url":"data:image/png;base64,x","detail":"auto"}},
			{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"https://a.b/c.png"}}]}]}`,
			Request{Temperature: 1, TopP: 1, Messages: []Message{
				{"user", []Part{{Image: "data:image/png;base64,x"}, {Text: "?"}, {Image: "https://a.b/c.png"}}}}}},
		{"the newer name of the limit takes precedence", `{` + hello + `,"max_tokens":5,"max_completion_tokens":6}`,
			Request{Temperature: 1, TopP: 1, MaxTokens: 6, Messages: []Message{message("user", "Hello")}}},
		{"one stop", `{` + hello + `,"stop":"\n"}`,
			Request{Temperature: 1, TopP: 1, Stop: []string{"\n"}, Messages: []Message{message("user", "Hello")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(decode(t, c.request))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, c.want) {
				t.Errorf("got %+v, want %+v", *got, c.want)
			}
		})
	}
}

func TestParseNamesTheFieldThatItRefuses(t *testing.T) {
	for _, c := range []struct{ request, want string }{
		{`[]`, "the request: must be an object"},
		{`null`, "the request: must be an object"},
		{`{}`, "messages: give at least one"},
		{`{"messages":{}}`, "messages: must be a list"},
		{`{"messages":[1]}`, "messages[0]: must be an object"},
		{`{` + hello + `,"top_k":1}`, "top_k: is not a field"},
		{`{"messages":[{"role":"user","content":"a","colour":1}]}`, "messages[0].colour: is not a field"},
		{`{"messages":[{"role":"user","content":"a"},{"role":"king","content":"a"}]}`, `messages[1].role: is "king"`},
		{`{"messages":[{"role":"tool","content":"a"}]}`, "messages[0].role: tools are not supported yet"},
		{`{"messages":[{"role":"system","content":"a"}]}`, "messages[0].role: the last message"},
		{`{"messages":[{"role":"user","content":7}]}`, "messages[0].content: must be a list"},
		{content(`{"type":"input_audio","input_audio":{}}`),
			`messages[0].content[0].type: "input_audio" is not supported yet`},
		{content(`{"type":"image_url"}`), "messages[0].content[0].image_url: is missing"},
		{content(`{"type":"image_url","image_url":"x"}`), "messages[0].content[0].image_url: must be an object"},
		{content(`{"type":"image_url","image_url":{"url":"file:///x"}}`),
			`messages[0].content[0].image_url.url: begins with "file:///x"`},
		{content(`{"type":"image_url","image_url":{"url":"blob:x","detail":"low"}}`),
			`messages[0].content[0].image_url.detail: is "low"`},
		{content(`{"type":"text","image_url":{"url":"blob:x"}}`),
			"messages[0].content[0].image_url: is in a part of type text"},
		{`{"messages":[{"role":"user","content":[{"type":"text","txt":"x"}]}]}`,
			"messages[0].content[0].txt: is not a field"},
		{`{` + hello + `,"seed":1e300}`, "seed: must be a whole number"},
		{`{` + hello + `,"h":1,"g":1,"f":1,"e":1,"d":1,"c":1,"b":1,"a":1}`, "a: is not a field"},
		{`{` + hello + `,"tools":[]}`, "tools: is not supported yet"},
		{`{` + hello + `,"temperature":2.1}`, "temperature: must be a number from 0 to 2"},
		{`{` + hello + `,"top_p":-1}`, "top_p: must be a number from 0 to 1"},
		{`{` + hello + `,"seed":0.5}`, "seed: must be a whole number"},
		{`{` + hello + `,"presence_penalty":1}`, "presence_penalty: penalties are not supported yet: leave"},
		{`{` + hello + `,"temperature":"hot"}`, "temperature: must be a number from"},
		{`{` + hello + `,"n":2}`, "n: one answer at a time"},
		{`{` + hello + `,"max_tokens":0}`, "max_tokens: must be at least 1"},
		{`{` + hello + `,"max_tokens":1.5}`, "max_tokens: must be a whole number"},
		{`{` + hello + `,"max_completion_tokens":-1}`, "max_completion_tokens: must be at least 1"},
		{`{` + hello + `,"stream":"yes"}`, "stream: must be true or false"},
		{`{` + hello + `,"model":1}`, "model: must be a string"},
		{`{` + hello + `,"continue_final_message":true}`, "continue_final_message: is only for a last message of the"},
		{`{` + hello + `,"stream_options":{"include_usage":true}}`, "stream_options: is only for stream"},
		{`{` + hello + `,"stream":true,"stream_options":{"usage":1}}`, "stream_options.usage: is not a field"},
		{`{` + hello + `,"stop":7}`, "stop: must be a string or a list"},
		{`{` + hello + `,"stop":["a",""]}`, "stop: must be a string or a list of strings, none"},
		{`{` + hello + `,"stop":["a","b","c","d","e"]}`, "stop: holds 5 strings"},
		{`{` + hello + `,"response_format":{"type":"json_object"}}`,
			`response_format.type: "json_object" is not supported yet`},
	} {
		_, err := Parse(decode(t, c.request))
		if !errors.Is(err, errs.New(errs.InvalidRequest, "")) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s…", c.request, err, c.want)
		}
	}
}

func TestAnswersHaveOpenAIsShape(t *testing.T) {
	a := Answer{ID: "chatcmpl-1", Created: 3, Model: "m"}
	head := `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":3,"model":"m","choices":[`
	for _, c := range []struct {
		name, want string
		got        Object
	}{
		{"completion", `{"id":"chatcmpl-1","object":"chat.completion","created":3,"model":"m","choices":[
			{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop","logprobs":null}],
			"usage":{"prompt_tokens":4,"completion_tokens":1,"total_tokens":5}}`,
			a.Completion("Hi", "stop", Usage{4, 1})},
		{"first", head + `{"index":0,"delta":{"role":"assistant"},"finish_reason":null,"logprobs":null}]}`, a.RoleDelta()},
		{"text", head + `{"index":0,"delta":{"content":"H\"i"},"finish_reason":null,"logprobs":null}]}`, a.TextDelta(`H"i`)},
		{"finish", head + `{"index":0,"delta":{},"finish_reason":"length","logprobs":null}]}`, a.FinishDelta("length")},
		{"usage", head + `],"usage":{"prompt_tokens":4,"completion_tokens":1,"total_tokens":5}}`, a.UsageDelta(Usage{4, 1})},
	} {
		data, err := json.Marshal(c.got)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, string(data)); !reflect.DeepEqual(got, decode(t, c.want)) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, data, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{` + hello + `}`)
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"stop":["a"],"max_tokens":1e99}`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		r, err := Parse(v)
		if (err == nil) != (r != nil) || (r != nil && len(r.Messages) == 0) {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	})
}
