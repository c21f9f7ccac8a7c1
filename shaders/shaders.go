// Package shaders holds the WGSL of every op. Expand specialises it: from an op's file and a set of defines it makes
// the text of one module, which internal/gpu compiles. This package handles text only.
//
// The files are WGSL with three additions, which Expand resolves:
//
//	{NAME}                             the value of a define; {BINDING} counts 0, 1, 2, … through the module
//	#include "lib/{TYPE}.wgsl" W=w0    another file's text, with further defines for that file alone
//	#if NAME … #else … #endif          on a define that is neither empty nor 0; also #if NAME == value
//
// The use of an undefined name is an error with file and line, so that a misspelt define is noticed.
package shaders

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.wgsl lib/*.wgsl
var files embed.FS

// Module is one specialised shader.
type Module struct {
	Text   string
	Access []Access // of each @group(0) @binding(i), in order of i

	Guarded bool // lib/guard.wgsl is included and one of the bindings is guard
}

// Access is how a module uses a binding.
type Access int

// The kinds of access.
const (
	Read      Access = iota // var<storage, read>
	ReadWrite               // var<storage, read_write>
	Uniform                 // var<uniform>
)

// Expand specialises the file <op>.wgsl. Errors name the file and the line; they are mistakes in a shader or in its
// caller.
func Expand(op string, defines map[string]string) (Module, error) {
	return expand(files, op+".wgsl", defines)
}

func expand(fsys fs.FS, name string, defines map[string]string) (Module, error) {
	x := expander{fsys: fsys}
	if err := x.file(name, defines, nil); err != nil {
		return Module{}, err
	}
	text := x.out.String()
	access, err := bindings(text)
	if err != nil {
		return Module{}, fmt.Errorf("%s: %w", name, err)
	}
	return Module{Text: text, Access: access, Guarded: strings.Contains(text, "> guard: ")}, nil
}

// bindings returns the access of each binding from the declarations, which must be in the order of their numbers.
func bindings(text string) ([]Access, error) {
	var all []Access
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "//")
		_, decl, found := strings.Cut(code, "@binding(")
		if !found {
			continue
		}
		number, decl, _ := strings.Cut(decl, ")")
		if number != fmt.Sprint(len(all)) {
			return nil, fmt.Errorf("binding %s where binding %d is next: %q", number, len(all), strings.TrimSpace(line))
		}
		access, err := accessOf(decl)
		if err != nil {
			return nil, err
		}
		all = append(all, access)
	}
	return all, nil
}

func accessOf(decl string) (Access, error) {
	decl = strings.Join(strings.Fields(decl), "")
	switch {
	case strings.HasPrefix(decl, "var<storage,read>"):
		return Read, nil
	case strings.HasPrefix(decl, "var<storage,read_write>"):
		return ReadWrite, nil
	case strings.HasPrefix(decl, "var<uniform>"):
		return Uniform, nil
	}
	return 0, fmt.Errorf("neither storage nor uniform: %q", decl)
}
