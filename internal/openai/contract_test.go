package openai

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/testing/typescript"
)

const types = "../../web/src/client/openai.ts"

// The answers have the fields of web/src/client/openai.ts, and requests may have those.
func TestTypeScriptHasTheFieldsOfRequestsAndAnswers(t *testing.T) {
	source, err := typescript.Read(types)
	if err != nil {
		t.Fatal(err)
	}
	a, usage := Answer{ID: "a", Created: 1, Model: "m"}, Usage{1, 2}
	compare(t, source, "Usage", usage.object())
	compare(t, source, "ChatCompletion", a.Completion("text", "stop", usage))
	for _, delta := range []Object{a.RoleDelta(), a.TextDelta("text"), a.FinishDelta("stop"), a.UsageDelta(usage)} {
		compare(t, source, "ChatCompletionChunk", delta)
	}
	var r Request
	request, err := source.Interface("ChatCompletionRequest")
	supported := slices.Sorted(maps.Keys(r.supported(new(*int), new(*int))))
	supported = slices.DeleteFunc(supported, func(name string) bool { return name == "response_format" }) // only text
	if names := slices.Sorted(maps.Keys(request)); err != nil || !slices.Equal(names, supported) {
		t.Errorf("%v\nrequests may have %v in TypeScript,\n                 %v in Go", err, names, supported)
	}
}

func compare(t *testing.T, source typescript.Source, name string, object Object) {
	t.Helper()
	want, err := source.Interface(name)
	if err != nil {
		t.Fatal(err)
	}
	compareFields(t, name, want, object)
}

// compareFields compares names, and goes into the types of fields that are written out.
func compareFields(t *testing.T, path string, want typescript.Interface, object Object) {
	t.Helper()
	for name := range object {
		if _, ok := want[name]; !ok {
			t.Errorf("%s.%s is in Go alone", path, name)
		}
	}
	for name, field := range want {
		value, ok := object[name]
		if !ok && !field.Optional {
			t.Errorf("%s.%s is in TypeScript alone", path, name)
		}
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		if inner, ok := value.(Object); ok && strings.HasPrefix(field.Type, "{") {
			fields, err := typescript.Object(field.Type)
			if err != nil {
				t.Fatal(err)
			}
			compareFields(t, path+"."+name, fields, inner)
		}
	}
}
