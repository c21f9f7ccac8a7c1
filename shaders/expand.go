package shaders

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// expander writes the text of one module.
type expander struct {
	fsys     fs.FS
	out      strings.Builder
	bindings int // the number of {BINDING}s so far
}

// source is one file while it is being expanded.
type source struct {
	name    string
	line    int
	defines map[string]string
	within  []string // the files that included this one, outermost first
	ifs     []branch // the #ifs around the current line, outermost first
}

// branch is one #if: whether its current lines are included, and whether its #else was read.
type branch struct{ taken, inElse bool }

// file writes the expanded text of one file.
func (x *expander) file(name string, defines map[string]string, within []string) error {
	text, err := fs.ReadFile(x.fsys, name)
	if err != nil {
		return fmt.Errorf("no shader file %s", name)
	}
	s := &source{name: name, defines: defines, within: append(slices.Clone(within), name)}
	for line := range strings.Lines(string(text)) {
		s.line++
		if err := x.line(s, line); err != nil {
			return fmt.Errorf("%s:%d: %w", s.name, s.line, err)
		}
	}
	if len(s.ifs) > 0 {
		return fmt.Errorf("%s:%d: #if without #endif", s.name, s.line)
	}
	return nil
}

// line writes one line, or executes its directive.
func (x *expander) line(s *source, line string) error {
	directive, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case directive == "#if":
		return s.openIf(rest)
	case directive == "#else" || directive == "#endif":
		return s.elseOrEndIf(directive)
	case !s.included():
		return nil
	case directive == "#include":
		return x.include(s, rest)
	case strings.HasPrefix(directive, "#"):
		return fmt.Errorf("unknown directive %s", directive)
	}
	text, err := x.substitute(s, line)
	x.out.WriteString(text)
	return err
}

// included reports whether the current line is in no branch that is not taken.
func (s *source) included() bool {
	return !slices.ContainsFunc(s.ifs, func(b branch) bool { return !b.taken })
}

// openIf opens a branch. It does not evaluate a condition inside a branch that is not taken.
func (s *source) openIf(condition string) error {
	taken, err := false, error(nil)
	if s.included() {
		taken, err = s.holds(condition)
	}
	s.ifs = append(s.ifs, branch{taken: taken})
	return err
}

// elseOrEndIf handles #else and #endif.
func (s *source) elseOrEndIf(directive string) error {
	last := len(s.ifs) - 1
	switch {
	case last < 0:
		return fmt.Errorf("%s without #if", directive)
	case directive == "#endif":
		s.ifs = s.ifs[:last]
	case s.ifs[last].inElse:
		return fmt.Errorf("second #else")
	default:
		s.ifs[last] = branch{taken: !s.ifs[last].taken, inElse: true}
	}
	return nil
}

// holds evaluates "NAME" or "NAME == value".
func (s *source) holds(condition string) (bool, error) {
	name, want, compare := strings.Cut(condition, "==")
	value, ok := s.defines[strings.TrimSpace(name)]
	if !ok {
		return false, fmt.Errorf("%q is not defined", strings.TrimSpace(name))
	}
	if compare {
		return value == strings.TrimSpace(want), nil
	}
	return value != "" && value != "0", nil
}

// include expands `"file" NAME=value …`.
func (x *expander) include(s *source, rest string) error {
	rest, err := x.substitute(s, rest)
	if err != nil {
		return err
	}
	words := strings.Fields(rest)
	if len(words) == 0 || len(words[0]) < 2 || words[0][0] != '"' || words[0][len(words[0])-1] != '"' {
		return fmt.Errorf(`want #include "file" NAME=value`)
	}
	name := words[0][1 : len(words[0])-1]
	if slices.Contains(s.within, name) {
		return fmt.Errorf("%s includes itself", name)
	}
	defines := maps.Clone(s.defines)
	if defines == nil {
		defines = map[string]string{}
	}
	for _, word := range words[1:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok || nameLen(key) != len(key) || key == "" {
			return fmt.Errorf("want NAME=value, got %q", word)
		}
		defines[key] = value
	}
	return x.file(name, defines, s.within)
}

// substitute replaces each {NAME}. Other braces stay.
func (x *expander) substitute(s *source, text string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		n := nameLen(after)
		if n == 0 || n == len(after) || after[n] != '}' {
			out.WriteByte('{')
			text = after
			continue
		}
		value, err := x.value(s, after[:n])
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		text = after[n+1:]
	}
}

// value returns the value of a define, and the next number for {BINDING}.
func (x *expander) value(s *source, name string) (string, error) {
	if name == "BINDING" {
		x.bindings++
		return fmt.Sprint(x.bindings - 1), nil
	}
	if value, ok := s.defines[name]; ok {
		return value, nil
	}
	return "", fmt.Errorf("{%s} is not defined", name)
}

// nameLen returns the length of the name that text begins with: capitals, underscores and, but for the first, digits.
func nameLen(text string) int {
	n := 0
	for n < len(text) && (isNameLetter(text[n]) || n > 0 && text[n] >= '0' && text[n] <= '9') {
		n++
	}
	return n
}

func isNameLetter(c byte) bool { return c == '_' || c >= 'A' && c <= 'Z' }
