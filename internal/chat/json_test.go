package chat

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// The values are what Python 3.11's json.dumps(json.loads(x), ensure_ascii=False) prints.
func TestJSONIsFormattedAsByPython(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":[true,false,null]}`:  `{"a": 1, "b": [true, false, null]}`,
		` { } `:                          `{}`,
		"[\n]":                           `[]`,
		`"\u00e9\n\"\/\u0001"`:           `"é\n\"/\u0001"`,
		`"\ud83d\ude00"`:                 `"😀"`,
		`1.0`:                            `1.0`,
		`1e5`:                            `100000.0`,
		`1E16`:                           `1e+16`,
		`0.0001`:                         `0.0001`,
		`1e-5`:                           `1e-05`,
		`-0.5`:                           `-0.5`,
		`123456789012345678901234567890`: `123456789012345678901234567890`,
		`[[],{},[[1]]]`:                  `[[], {}, [[1]]]`,
	} {
		if got, err := formatJSON(text, 0); err != nil || got != want {
			t.Errorf("%s becomes %s, %v; want %s", text, got, err, want)
		}
	}
	indented := "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
	if got, err := formatJSON(`{"a":[1,{}],"b":[]}`, 2); err != nil || got != indented {
		t.Errorf("indented: %s, %v", got, err)
	}
}

func TestInvalidJSONIsRefused(t *testing.T) {
	for _, text := range []string{"", " ", "{", "[1", "[1,]", "{,}", `{"a"}`, `{"a":}`, `{a:1}`, "'a'", "tru", "truex",
		"nul", "01", "-", "1.", ".5", "+1", "1e", "1-2",
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\ud83d\u1"`, "\"\n\"", "1 2", "[1 2]", "{\"a\":1 \"b\":2}",
		strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if got, err := formatJSON(text, 0); err == nil {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzJSONKeepsItsMeaning(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,true,null,"\u00e9\ud83d\ude00\ud83d"]}`, `""`, `[{}]`, `0`, "1e999",
		`{"a":1,"a":2}`, "\"\xff\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var before, after any
		valid := json.Unmarshal([]byte(text), &before) == nil
		for _, indent := range []int{0, 4} {
			got, err := formatJSON(text, indent)
			if valid && err != nil && strings.Count(text, "[")+strings.Count(text, "{") <= maxDepth {
				t.Fatalf("%q is JSON: %v", text, err)
			}
			if err != nil || !valid {
				continue
			}
			if json.Unmarshal([]byte(got), &after) != nil || !reflect.DeepEqual(before, after) {
				t.Fatalf("%q becomes %q: %v, not %v", text, got, after, before)
			}
		}
	})
}
