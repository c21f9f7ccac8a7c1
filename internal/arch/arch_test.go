package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/outrider-web/outrider/"

// allowed lists which packages of this module a package may import. Every package has a line of its own or is covered
// by one that ends with /..., which stands for all folders below. Tests may import anything.
var allowed = map[string][]string{
	"internal/errs":               {},
	"internal/arch":               {},
	"internal/quant":              {},
	"internal/sample":             {},
	"internal/testing/golden":     {},
	"internal/testing/typescript": {},
	"shaders":                     {},
	"internal/tokenizer":          {"internal/errs"},
	"internal/chat":               {"internal/errs", "internal/json", "internal/tokenizer"},
	"internal/image":              {"internal/errs"},
	"internal/json":               {},
	"internal/image/decode":       {"internal/errs", "internal/image"},
	"internal/openai":             {"internal/errs"},
	"internal/ops":                {"internal/errs", "internal/quant"},
	"internal/ref":                {"internal/errs", "internal/ops", "internal/quant"},
	"internal/testing/optest":     {"internal/ops", "internal/quant", "internal/ref"},
	"internal/wire":               {},
	"internal/jsbridge":           {"internal/errs", "internal/wire"},
	"internal/gpu":                {"internal/errs", "internal/gpu/device", "internal/ops", "internal/quant", "shaders"},
	"internal/gpu/device":         {"internal/errs", "internal/jsbridge", "internal/ops", "shaders"},
	"internal/kvcache":            {"internal/errs", "internal/ops", "internal/quant"},
	"internal/testing/tiktoken":   {},
	"internal/testing/tiny":       {"internal/quant", "loader/gguf"},
	"internal/testing/virtual":    {"internal/quant", "internal/tokenizer", "loader/gguf"},
	"internal/model": {
		"internal/errs", "internal/image", "internal/kvcache", "internal/ops", "internal/quant",
	},
	"internal/testing/modeltest": {"internal/errs", "internal/model"},
	"internal/model/...": {
		"internal/errs", "internal/image", "internal/kvcache", "internal/model", "internal/ops", "internal/quant",
	},
	"internal/experts":          {"internal/errs"},
	"internal/experts/simulate": {"internal/experts"},
	"internal/preflight":        {"internal/experts", "internal/errs"},
	"loader":                    {"internal/errs", "internal/json", "internal/quant", "loader/..."},
	"loader/...": {
		"internal/errs", "internal/jsbridge", "internal/json", "internal/quant", "internal/wire", "loader/...",
	},
	"internal/engine": {
		"internal/chat", "internal/experts", "internal/errs", "internal/image", "internal/model/...",
		"internal/model", "internal/ops", "internal/preflight", "internal/quant", "internal/sample",
		"internal/tokenizer", "loader", "loader/...",
	},
	"internal/session": {
		"internal/chat", "internal/engine", "internal/errs", "internal/image", "internal/openai", "internal/ops",
		"internal/preflight", "internal/sample", "internal/wire", "loader", "loader/...",
	},
	"wasm": {
		"internal/gpu", "internal/image", "internal/jsbridge", "internal/openai", "internal/preflight",
		"internal/session", "internal/wire", "loader/fetch", "loader/store",
	},
	"wasm/picture":         {"internal/errs", "internal/image", "internal/image/decode", "internal/jsbridge"},
	"e2e/hostile/program":  {"internal/jsbridge", "loader", "loader/fetch", "loader/store"},
	"cmd/build":            {},
	"scripts/measure-code": {},
	"cmd/pack":             {"internal/...", "loader", "loader/..."},
}

// binding is the WebGPU binding of native programs.
const binding = "github.com/cogentcore/webgpu"

// jsPackages are the packages whose _js.go files may import syscall/js.
var jsPackages = []string{"wasm", "wasm/picture", "internal/jsbridge", "internal/gpu/device", "loader/store",
	"loader/fetch", "e2e/hostile/program"}

// heavy lists packages that the browser's programs must not link: net/http alone adds 7 MB.
var heavy = []string{"net/http", "text/...", "html/...", "regexp", "encoding/json", "encoding/xml", "encoding/gob",
	"log", "log/..."}

func TestImportsFollowTheRule(t *testing.T) {
	for file, imports := range productImports(t) {
		importer := packageOf(file)
		rule, ok := ruleOf(importer)
		if !ok {
			t.Errorf("%s: the import rule has no line for package %s; add one", file, importer)
			continue
		}
		for _, path := range imports {
			if inner, ours := strings.CutPrefix(path, module); ours && inner != importer && !matches(inner, rule) {
				t.Errorf("%s imports %s, which the import rule does not allow package %s", file, inner, importer)
			}
		}
	}
}

func TestImportRuleHasNoStaleLines(t *testing.T) {
	packages := map[string]bool{}
	for file := range productImports(t) {
		packages[packageOf(file)] = true
	}
	for line := range allowed {
		if !strings.HasSuffix(line, "/...") && !packages[line] {
			t.Errorf("the import rule has a line for %s, which has no Go files", line)
		}
	}
}

func TestOnlyListedPackagesImportJavaScript(t *testing.T) {
	for file, imports := range productImports(t) {
		listed := matches(packageOf(file), jsPackages) && strings.HasSuffix(file, "_js.go")
		if slices.Contains(imports, "syscall/js") && !listed {
			t.Errorf("%s imports syscall/js; only _js.go files of %v may", file, jsPackages)
		}
	}
}

func TestOnlyNativeFilesOfTheDeviceImportTheBinding(t *testing.T) {
	for file, imports := range productImports(t) {
		if packageOf(file) == "internal/gpu/device" && strings.HasSuffix(file, "_native.go") {
			continue
		}
		for _, path := range imports {
			if strings.HasPrefix(path, binding) {
				t.Errorf("%s imports the WebGPU binding; only _native.go files of internal/gpu/device may", file)
			}
		}
	}
}

// The test asks which packages are linked, because a package of another module may import what ours do not name.
func TestBrowserProgramsLinkNothingHeavy(t *testing.T) {
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

// productImports maps each Go file of the module that is not a test to its imports.
func productImports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, path := range sourceFiles(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = []string{}
		for _, imported := range file.Imports {
			found[path] = append(found[path], strings.Trim(imported.Path.Value, `"`))
		}
	}
	if len(found) < 10 {
		t.Fatalf("found only %d Go files: is the test looking in the right place?", len(found))
	}
	return found
}

// sourceFiles lists the files of the repository with one of the suffixes, by their paths from its root. It leaves out
// test data, built files and installed packages.
func sourceFiles(t *testing.T, suffixes ...string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(skipped, d.Name())) {
			return fs.SkipDir
		}
		if !d.IsDir() && slices.Contains(suffixes, filepath.Ext(path)) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// root is the root of the repository, and skipped are folders without source files of the project.
const root = "../.."

var skipped = []string{"node_modules", "dist", "testdata", "models"}

// packageOf returns the import path of a file's package, relative to the module.
func packageOf(file string) string { return filepath.ToSlash(filepath.Dir(file)) }

// ruleOf finds the most specific line of the rule that covers a package.
func ruleOf(importer string) ([]string, bool) {
	if rule, ok := allowed[importer]; ok {
		return rule, true
	}
	for dir := importer; dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if rule, ok := allowed[dir+"/..."]; ok {
			return rule, true
		}
	}
	return nil, false
}

// matches reports whether one of the patterns is path, or ends with /... and covers it.
func matches(path string, patterns []string) bool {
	for _, p := range patterns {
		if base, below := strings.CutSuffix(p, "/..."); path == p || below && strings.HasPrefix(path, base+"/") {
			return true
		}
	}
	return false
}
