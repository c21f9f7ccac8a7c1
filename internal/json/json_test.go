package json

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestParseReadsEveryKindOfValue(t *testing.T) {
	got, err := Parse(` {"a": [1, -2.5e1, "x", true, false, null], "b": {"c": {}}, "d": [], "a": [0]} `)
	want := Object{"a": []any{0.0}, "b": Object{"c": Object{}}, "d": []any{}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = Parse(`[1, -2.5e1, "x", true, false, null]`)
	if want := []any{1.0, -25.0, "x", true, false, nil}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestParseRefusesWhatIsNotJSON(t *testing.T) {
	for _, text := range []string{
		"", " ", "{", "[", `"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, "01", "1.", "-", "1e", "tru", "nul", `{a:1}`,
		`"\x"`, `"\u12"`, "\"\n\"", "1 2", "<html>", "+1", ".5", "1e999", "\x00", strings.Repeat("[", 100000),
		strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%.40q is read as %v", text, v)
		}
	}
}

func TestParseReadsEscapes(t *testing.T) {
	got, err := Parse(`"\"\\\/\b\f\n\r\t\u0041\ud83e\udd8a\ud800x"`)
	if want := "\"\\/\b\f\n\r\tA🦊\uFFFDx"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestObjectReturnsMembersOfTheRightKind(t *testing.T) {
	o := Object{"s": "x", "n": 7.0, "f": 1.5, "neg": -1.0, "big": 1e300}
	if o.Text("s") != "x" || o.Text("n") != "" || o.Number("n") != 7 {
		t.Error("wrong members")
	}
	for _, name := range []string{"f", "neg", "big", "s", "none"} {
		if n := o.Number(name); n != -1 {
			t.Errorf("%s is %d", name, n)
		}
	}
}

// FuzzParse compares Parse with encoding/json: both accept the same texts but those that nest too deep, and read the
// same values from valid UTF-8.
func FuzzParse(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e1,"x\u00e9",true,false,null]}`, `"\ud800"`, `[[[]]]`, "1e400", "<html>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		var want any
		wantErr := json.Unmarshal([]byte(text), &want)
		if err == nil && wantErr != nil {
			t.Fatalf("%q is read as %v; encoding/json says %v", text, got, wantErr)
		}
		if err != nil && wantErr == nil && strings.Count(text, "[")+strings.Count(text, "{") <= maxDepth {
			t.Fatalf("%q is refused", text)
		}
		if err == nil && strings.ToValidUTF8(text, "") == text && !reflect.DeepEqual(plain(got), want) {
			t.Fatalf("%q is read as %v, want %v", text, got, want)
		}
	})
}

// plain returns a value with map[string]any in place of Object.
func plain(v any) any {
	switch v := v.(type) {
	case Object:
		m := map[string]any{}
		for name, member := range v {
			m[name] = plain(member)
		}
		return m
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}
