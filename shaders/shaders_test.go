package shaders

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// shaderFiles returns a file system of shader files, each given as "name: text".
func shaderFiles(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range files {
		name, text, _ := strings.Cut(f, ": ")
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestExpandResolvesDirectives(t *testing.T) {
	tests := []struct {
		name, text string
		defines    map[string]string
		want       string
	}{
		{"plain WGSL is unchanged", "fn f() { return; }\n", nil, "fn f() { return; }\n"},
		{"a name", "let a = {N}u + {N_2}u;", map[string]string{"N": "3", "N_2": "4"}, "let a = 3u + 4u;"},
		{"other braces of WGSL", "{ {x} {N {9}", map[string]string{"N": "3"}, "{ {x} {N {9}"},
		{"a value is not expanded again", "{A}", map[string]string{"A": "{B}"}, "{B}"},
		{"if taken", "#if A\nyes\n#else\nno\n#endif\nend", map[string]string{"A": "1"}, "yes\nend"},
		{"0 is false", "#if A\nyes\n#else\nno\n#endif\n", map[string]string{"A": "0"}, "no\n"},
		{"empty is false", "#if A\nyes\n#endif\n", map[string]string{"A": ""}, ""},
		{"a value", "#if A == q4\nyes\n#endif\n#if A == q5\nno\n#endif\n", map[string]string{"A": "q4"}, "yes\n"},
		{"a branch that is not taken is not expanded", "#if A\n#if B\n#include nonsense\n{C}\n#else\n#endif\n#odd\n#endif\n",
			map[string]string{"A": "0"}, ""},
		{"nested", "#if A\n#if B\nab\n#else\na\n#endif\n#endif\n", map[string]string{"A": "1", "B": "0"}, "a\n"},
		{"indented", "  #if A\n  x\n  #endif\n", map[string]string{"A": "1"}, "  x\n"},
		{"an include with its own defines", "#include \"lib/w.wgsl\" W=w0\n#include \"lib/w.wgsl\" W=w1\n",
			nil, "fn w0();\nfn w1();\n"},
		{"an include chosen by a define", "#include \"lib/{T}.wgsl\" W={T}\n", map[string]string{"T": "w"}, "fn w();\n"},
		{"bindings count through includes", "{BINDING} {BINDING}\n#include \"lib/n.wgsl\"\n{BINDING}",
			nil, "0 1\n2\n3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fsys := shaderFiles("op.wgsl: "+test.text, "lib/w.wgsl: fn {W}();\n", "lib/n.wgsl: {BINDING}\n")
			m, err := expand(fsys, "op.wgsl", test.defines)
			if err != nil {
				t.Fatal(err)
			}
			if m.Text != test.want {
				t.Errorf("got %q, want %q", m.Text, test.want)
			}
		})
	}
}

func TestExpandErrorsNameFileAndLine(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\n{UNDEFINED}", "op.wgsl:2: {UNDEFINED} is not defined"},
		{"#if UNDEFINED\n#endif", `op.wgsl:1: "UNDEFINED" is not defined`},
		{"#if A\n", "op.wgsl:1: #if without #endif"},
		{"#endif", "op.wgsl:1: #endif without #if"},
		{"#else", "op.wgsl:1: #else without #if"},
		{"#if A\n#else\n#else\n", "op.wgsl:3: second #else"},
		{"#elif A", "op.wgsl:1: unknown directive #elif"},
		{`#include "lib/gone.wgsl"`, "op.wgsl:1: no shader file lib/gone.wgsl"},
		{`#include lib/gone.wgsl`, `op.wgsl:1: want #include "file" NAME=value`},
		{`#include "lib/bad.wgsl" w=1`, `op.wgsl:1: want NAME=value, got "w=1"`},
		{`#include "lib/bad.wgsl"`, "op.wgsl:1: lib/bad.wgsl:2: {W} is not defined"},
		{`#include "op.wgsl"`, "op.wgsl:1: op.wgsl includes itself"},
		{"@binding(1) var<storage, read> a: u32;", "op.wgsl: binding 1 where binding 0 is next"},
		{"@binding(0) var<private> a: u32;", "op.wgsl: neither storage nor uniform"},
	}
	for _, test := range tests {
		fsys := shaderFiles("op.wgsl: "+test.text, "lib/bad.wgsl: \n{W}")
		_, err := expand(fsys, "op.wgsl", map[string]string{"A": "1"})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %s", test.text, err, test.want)
		}
	}
	if _, err := Expand("no_such_op", nil); err == nil {
		t.Error("an op without a file must be an error")
	}
}

func TestAccessComesFromTheDeclarations(t *testing.T) {
	m, err := expand(shaderFiles("op.wgsl: @group(0) @binding({BINDING}) var<storage, read_write> dst: array<f32>;\n"+
		"@group(0) @binding({BINDING}) var<storage,read> x: array<f32>; // @binding(7)\n"+
		"@group(0) @binding({BINDING}) var<uniform> params: Params;\n"), "op.wgsl", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Access{ReadWrite, Read, Uniform}; !slices.Equal(m.Access, want) {
		t.Errorf("got %v, want %v", m.Access, want)
	}
}

// Compares two variants of testdata/op.wgsl with files. UPDATE_GOLDEN=1 writes the files.
func TestExpandGolden(t *testing.T) {
	for name, defines := range map[string]map[string]string{
		"op.two_types": {"TYPE0": "u32", "TYPE1": "f32", "ADD": "0", "LANES": "64"},
		"op.add":       {"TYPE0": "f32", "TYPE1": "", "ADD": "1", "LANES": "8"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := expand(os.DirFS("testdata"), "op.wgsl", defines)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".expected.wgsl"), m.Text)
		})
	}
}

// golden compares text with a file; UPDATE_GOLDEN=1 writes it instead.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs from this text; check the difference, then run with UPDATE_GOLDEN=1\n%s", path, text)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("#if A\n{B}\n#else\n#endif\n", "@binding({BINDING}) var<uniform> p: P;", "1", "x")
	f.Add("#include \"lib/x.wgsl\" A=2 B={A}\n#include \"lib/x.wgsl\"\n", "{A}{B}", "0", "")
	f.Add("#include \"op.wgsl\"", "#include \"op.wgsl\"", "", "{A}")
	f.Fuzz(func(t *testing.T, op, lib, a, b string) {
		fsys := shaderFiles("op.wgsl: "+op, "lib/x.wgsl: "+lib)
		m, err := expand(fsys, "op.wgsl", map[string]string{"A": a, "B": b})
		if err == nil && len(m.Access) != strings.Count(m.Text, "@binding(") && !strings.Contains(m.Text, "//") {
			t.Errorf("%d accesses for %q", len(m.Access), m.Text)
		}
	})
}

// A guarded kernel reads the guard before anything else. The router, which writes it, is the only exception.
func TestGuardedKernelsStopFirst(t *testing.T) {
	names, err := filepath.Glob("*.wgsl")
	if err != nil {
		t.Fatal(err)
	}
	guarded := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `#include "lib/guard.wgsl"`) {
			continue
		}
		guarded++
		_, body, _ := strings.Cut(string(text), "\nfn main(")
		if _, body, _ = strings.Cut(body, "{\n"); !strings.HasPrefix(body, "  if (stopped()) { return; }\n") {
			t.Errorf("%s does not begin with stopped()", name)
		}
	}
	if guarded != 12 {
		t.Errorf("%d kernels are guarded, want the 12 of decode", guarded)
	}
}
