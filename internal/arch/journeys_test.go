package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits of a journey in docs/architecture.md.
const (
	numJourneys  = 5
	maxSteps     = 12
	maxMissFiles = 12 // files that the journey of an expert miss passes through
)

// journey is one of the paths through the program in docs/architecture.md.
type journey struct {
	title string
	steps []string
}

// symbol matches a named symbol in a step: `file: name`, where the name can be TYPE.METHOD.
var symbol = regexp.MustCompile("`([\\w./-]+\\.(?:go|ts|wgsl)): ([\\w.#]+)`")

func TestJourneysNameSymbolsThatExist(t *testing.T) {
	journeys := readJourneys(t)
	if len(journeys) != numJourneys {
		t.Errorf("docs/architecture.md has %d journeys, want %d", len(journeys), numJourneys)
	}
	for _, j := range journeys {
		if len(j.steps) == 0 || len(j.steps) > maxSteps {
			t.Errorf("%s: %d steps, want 1 to %d", j.title, len(j.steps), maxSteps)
		}
		for i, step := range j.steps {
			named := symbol.FindAllStringSubmatch(step, -1)
			if len(named) == 0 {
				t.Errorf("%s, step %d names no symbol", j.title, i+1)
			}
			for _, s := range named {
				if !declares(t, s[1], s[2]) {
					t.Errorf("%s, step %d: %s does not declare %s", j.title, i+1, s[1], s[2])
				}
			}
		}
	}
}

func TestExpertMissPassesThroughFewFiles(t *testing.T) {
	for _, j := range readJourneys(t) {
		if !strings.Contains(j.title, "miss") {
			continue
		}
		files := map[string]bool{}
		for _, s := range symbol.FindAllStringSubmatch(strings.Join(j.steps, "\n"), -1) {
			files[s[1]] = true
		}
		if len(files) == 0 || len(files) > maxMissFiles {
			t.Errorf("%s: %d files, want 1 to %d", j.title, len(files), maxMissFiles)
		}
		return
	}
	t.Error("docs/architecture.md has no journey of an expert miss")
}

// readJourneys returns the sections below "Five journeys", with their numbered steps.
func readJourneys(t *testing.T) (journeys []journey) {
	_, text, found := strings.Cut(read(t, "docs/architecture.md"), "\n## Five journeys\n")
	if !found {
		t.Fatal("docs/architecture.md has no section \"Five journeys\"")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	step := regexp.MustCompile(`(?m)^\d+\. .*(?:\n +.*)*`)
	for _, section := range strings.Split(text, "\n### ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		journeys = append(journeys, journey{title, step.FindAllString(body, -1)})
	}
	return journeys
}

// declares reports whether a file of the repository exists and declares a name.
func declares(t *testing.T, path, name string) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, path)); err != nil {
		return false
	}
	if strings.HasSuffix(path, ".go") {
		return slices.Contains(goNames(t, path), name)
	}
	declared := true
	for _, part := range strings.Split(name, ".") {
		before := `(?:fn|function|class|interface|const|let|get|set|async|static|readonly|private|export)\s+`
		after := regexp.QuoteMeta(part) + `\s*(?:<[^>]*>)?\s*[(=:{]`
		pattern := regexp.MustCompile(`(?m)(?:` + before + regexp.QuoteMeta(part) + `\b|^\s*(?:async )?` + after + `)`)
		declared = declared && pattern.MatchString(read(t, path))
	}
	return declared
}

// goNames returns what a Go file declares at the top level: functions, types, variables and constants, and
// TYPE.METHOD and TYPE.FIELD.
func goNames(t *testing.T, path string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			names = append(names, receiver(d)+d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, specNames(spec)...)
			}
		}
	}
	return names
}

// receiver returns "TYPE." for a method, and "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if generic, ok := kind.(*ast.IndexExpr); ok {
		kind = generic.X
	}
	return kind.(*ast.Ident).Name + "."
}

// specNames returns the names of a declaration, and the methods and fields of an interface or struct.
func specNames(spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names = append(names, name.Name)
		}
	case *ast.TypeSpec:
		names = append(names, s.Name.Name)
		var members *ast.FieldList
		switch kind := s.Type.(type) {
		case *ast.StructType:
			members = kind.Fields
		case *ast.InterfaceType:
			members = kind.Methods
		default:
			return names
		}
		for _, member := range members.List {
			for _, name := range member.Names {
				names = append(names, s.Name.Name+"."+name.Name)
			}
		}
	}
	return names
}
