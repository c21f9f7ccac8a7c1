// Package arch holds the house's import rule, as a test: imports go down only.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/outrider-web/outrider/"

// allowed lists what a room may import of this module; a room not listed may be imported by nobody but commands.
// A trailing /... covers the folders below.
var allowed = map[string][]string{
	"internal/errs":           {},
	"internal/arch":           {},
	"internal/quant":          {},
	"internal/sample":         {},
	"internal/grammar":        {},
	"internal/testing/golden": {},
	"shaders":                 {},
	"internal/tokenizer":      {"internal/errs"},
	"internal/chat":           {"internal/errs", "internal/tokenizer"},
	"internal/image":          {"internal/errs"},

	"internal/image/decode": {"internal/errs", "internal/image"},

	"internal/openai":            {"internal/errs"},
	"internal/ops":               {"internal/errs", "internal/quant"},
	"internal/ref":               {"internal/errs", "internal/ops", "internal/quant"},
	"internal/testing/optest":    {"internal/ops", "internal/quant", "internal/ref"},
	"internal/gpu":               {"internal/errs", "internal/gpu/device", "internal/ops", "internal/quant", "shaders"},
	"internal/gpu/device":        {"internal/errs", "internal/ops", "shaders"},
	"internal/kvcache":           {"internal/errs", "internal/ops", "internal/quant"},
	"internal/testing/tiny":      {"internal/quant", "loader/gguf"},
	"internal/testing/virtual":   {"internal/quant", "internal/tokenizer", "loader/gguf"},
	"internal/model":             {"internal/errs", "internal/image", "internal/kvcache", "internal/ops", "internal/quant"},
	"internal/testing/modeltest": {"internal/errs", "internal/model"},
	"internal/model/...":         {"internal/errs", "internal/image", "internal/kvcache", "internal/model", "internal/ops", "internal/quant"},
	"internal/experts":           {"internal/errs", "loader/..."},
	"internal/preflight":         {"internal/experts", "internal/errs"},
	"loader":                     {"internal/errs", "internal/quant", "loader/..."},
	"loader/...":                 {"internal/errs", "internal/quant", "loader/..."},
	"internal/engine": {"internal/chat", "internal/experts", "internal/errs", "internal/image", "internal/model/...", "internal/model",
		"internal/ops", "internal/preflight", "internal/quant", "internal/sample", "internal/tokenizer", "loader", "loader/..."},
	"wasm": {"internal/engine", "internal/errs", "internal/gpu", "internal/image", "internal/openai", "internal/ops", "internal/chat", "internal/preflight", "internal/sample", "loader", "loader/..."},
	"edge": {},

	"wasm/picture": {"internal/errs", "internal/image", "internal/image/decode"},

	"cmd/build": {},
	"cmd/pack":  {"internal/...", "loader", "loader/..."},
}

// binding is WebGPU for the native half.
const binding = "github.com/cogentcore/webgpu"

// jsRooms are the only folders whose _js.go files may touch syscall/js.
var jsRooms = []string{"wasm", "wasm/picture", "internal/gpu/device", "loader/store", "loader/fetch", "edge"}

// heavy packages never enter the browser's programs: net/http alone adds 7 MB.
var heavy = []string{"net/http", "text/...", "html/...", "regexp", "encoding/json", "encoding/xml", "encoding/gob", "log", "log/..."}

func TestImportsGoDown(t *testing.T) {
	for file, imports := range productImports(t) {
		room := filepath.ToSlash(filepath.Dir(file))
		rule, ok := ruleOf(room)
		if !ok {
			t.Errorf("%s: the folder %s has no line in the import rule", file, room)
			continue
		}
		for _, path := range imports {
			if inner, ours := strings.CutPrefix(path, module); ours && inner != room && !matches(inner, rule) {
				t.Errorf("%s imports %s, which %s may not", file, inner, room)
			}
		}
	}
}

func TestOnlyTheEdgesTouchJavaScript(t *testing.T) {
	for file, imports := range productImports(t) {
		room := filepath.ToSlash(filepath.Dir(file))
		for _, path := range imports {
			if path == "syscall/js" && (!matches(room, jsRooms) || !strings.HasSuffix(file, "_js.go")) {
				t.Errorf("%s imports syscall/js; only _js.go files of %v may", file, jsRooms)
			}
			if native := room == "internal/gpu/device" && strings.HasSuffix(file, "_native.go"); !native && strings.HasPrefix(path, binding) {
				t.Errorf("%s imports the WebGPU binding; only _native.go files of internal/gpu/device may", file)
			}
		}
	}
}

// What counts is what is linked: a package of someone else may bring what ours do not name.
func TestNothingHeavyEntersTheBrowser(t *testing.T) {
	for _, program := range []string{"./wasm", "./wasm/picture"} {
		list := exec.Command("go", "list", "-deps", program)
		list.Dir, list.Env = "../..", append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(string(out)) {
			if matches(path, heavy) || strings.HasPrefix(path, binding) {
				t.Errorf("%s links %s, which is too large for the browser", program, path)
			}
		}
	}
}

// productImports maps each non-test Go file of the module to its imports.
func productImports(t *testing.T) map[string][]string {
	t.Helper()
	root := os.DirFS("../..")
	found := map[string][]string{}
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[path] = []string{}
		for _, spec := range file.Imports {
			found[path] = append(found[path], strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d Go files: is the test looking in the right place?", len(found))
	}
	return found
}

// ruleOf finds the longest line of the rule that covers room.
func ruleOf(room string) ([]string, bool) {
	if rule, ok := allowed[room]; ok {
		return rule, true
	}
	for dir := room; dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if rule, ok := allowed[dir+"/..."]; ok {
			return rule, true
		}
	}
	return nil, false
}

func matches(path string, patterns []string) bool {
	for _, p := range patterns {
		if base, below := strings.CutSuffix(p, "/..."); path == p || below && strings.HasPrefix(path, base+"/") {
			return true
		}
	}
	return false
}
