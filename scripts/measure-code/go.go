package main

import (
	"go/ast"
	"go/parser"
	"go/token"
)

// goFunctions lists the functions and methods of Go files.
func goFunctions(files []string) ([]function, error) {
	var functions []function
	for _, path := range files {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
				functions = append(functions, function{path + ": " + f.Name.Name, lines})
			}
		}
	}
	return functions, nil
}
