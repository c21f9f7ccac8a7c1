package wire

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/testing/typescript"
)

const web = "../../web/src/"

// contract are the structs that mirror an interface of TypeScript of the same name.
var contract = []any{
	ErrorData{}, Progress{}, PictureProgress{}, WaitProgress{}, RecoverProgress{}, Paging{},
	PreflightSettings{}, PreflightReport{}, PreflightReason{}, MachineReport{},
	CheckedPicture{}, LoadedModel{}, Sampling{}, StoredModel{}, EngineStats{}, PagingStats{}, PagingCounts{},
	FileInfo{}, StoredFile{}, OpenSource{}, ChunkOptions{}, Floats{}, ChunkProgress{}, StoreSpeed{}, MemoryLimit{},
}

// declarations are the files that declare these interfaces.
var declarations = []string{
	web + "errors.ts", web + "protocol.ts", web + "worker/memory-limits.ts",
	web + "worker/storage/chunk-store.ts", web + "worker/storage/methods.ts", web + "worker/storage/probe.ts",
}

func TestStructsHaveTheFieldsOfTheirInterfaces(t *testing.T) {
	source, err := typescript.Read(declarations...)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range contract {
		compare(t, source, reflect.TypeOf(value))
	}
}

func compare(t *testing.T, source typescript.Source, mirror reflect.Type) {
	want, err := source.Interface(mirror.Name())
	if err != nil {
		t.Error(err)
		return
	}
	got := map[string]reflect.Type{}
	for i := range mirror.NumField() {
		got[mirror.Field(i).Tag.Get(tag)] = mirror.Field(i).Type
	}
	if names, wanted := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(names, wanted) {
		t.Errorf("%s:\n        Go has %v\nTypeScript has %v", mirror.Name(), names, wanted)
		return
	}
	for name, field := range want {
		if !same(got[name], field.Type) {
			t.Errorf("%s.%s is %s in Go and %s in TypeScript", mirror.Name(), name, got[name], field.Type)
		}
	}
}

// same reports whether a Go type and a type of TypeScript have the same values on the wire.
func same(mirror reflect.Type, typ string) bool {
	switch mirror.Kind() {
	case reflect.Pointer:
		inner, nullable := strings.CutSuffix(typ, " | null")
		return nullable && same(mirror.Elem(), inner)
	case reflect.Slice:
		inner, array := strings.CutSuffix(typ, "[]")
		return array && same(mirror.Elem(), inner)
	case reflect.Struct:
		return mirror.Name() == strings.TrimSuffix(typ, " | null")
	case reflect.Bool:
		return typ == "boolean"
	case reflect.String:
		return typ == "string" || strings.HasPrefix(typ, `"`) || strings.HasPrefix(typ, "| \"") || slices.Contains(enums, typ)
	}
	return typ == "number"
}

// enums are the types of TypeScript that are unions of strings.
var enums = []string{"ErrorCode", "StoreKind"}

var published = regexp.MustCompile(`(?m)^\s+"(\w+)":\s+jsbridge\.Method\(`)

func TestGoPublishesTheMethodsOfItsInterface(t *testing.T) {
	source, err := typescript.Read(web + "types/engine.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	want, err := source.Interface("GoEngine")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("../../wasm/engine_js.go")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range published.FindAllStringSubmatch(string(program), -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	if wanted := slices.Sorted(maps.Keys(want)); !slices.Equal(got, wanted) {
		t.Errorf("wasm/engine_js.go publishes %v\nGoEngine has %v", got, wanted)
	}
}
