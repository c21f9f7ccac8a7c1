package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportedIdentifiersHaveComments(t *testing.T) {
	for _, path := range sourceFiles(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root, path), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range uncommented(file) {
			t.Errorf("%s: %s is exported and has no comment", path, name)
		}
	}
}

// uncommented returns the exported names of a file that have no comment: functions, methods of exported types, types,
// constants and variables. One comment before a group is enough for its members.
func uncommented(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
				names = append(names, receiver(d)+d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if d.Doc == nil {
					names = append(names, uncommentedSpec(spec)...)
				}
			}
		}
	}
	return names
}

func uncommentedSpec(spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if s.Doc == nil && s.Comment == nil && name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}
