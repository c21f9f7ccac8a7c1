package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoFunctionsAreMeasuredFromNameToBrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.go")
	text := "package a\n\n// a comment\nfunc one() {}\n\nfunc (t T) four(\n\tx int) {\n\t_ = x\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := goFunctions([]string{path})
	if want := []function{{path + ": one", 1}, {path + ": four", 4}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestWGSLFunctionsAreMeasuredFromNameToBrace(t *testing.T) {
	text := "@compute @workgroup_size({SIZE}, 1)\nfn main() {\n    if (a) {\n    }\n}\n" +
		"fn {W}_group(m: u32) -> Group { return g; }\n"
	got := wgslFunctionsOf("x.wgsl", strings.Split(text, "\n"))
	if want := []function{{"x.wgsl: main", 4}, {"x.wgsl: {W}_group", 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLongCodeFails(t *testing.T) {
	short, file := []function{{"a", 9}}, []function{{"f", 350}}
	for name, c := range map[string]struct {
		language language
		fails    bool
	}{
		"at the limits":   {language{"x", file, short}, false},
		"a long file":     {language{"x", []function{{"f", 351}}, short}, true},
		"a long function": {language{"x", file, []function{{"a", 1}, {"b", 1}, {"c", 51}}}, true},
		"a long median":   {language{"x", file, []function{{"a", 1}, {"b", 10}, {"c", 10}}}, true},
		"nothing found":   {language{"x", nil, nil}, true},
	} {
		if got := report(c.language); got != c.fails {
			t.Errorf("%s: failed is %v", name, got)
		}
	}
}
