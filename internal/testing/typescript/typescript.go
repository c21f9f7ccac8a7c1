// Package typescript reads the interfaces and unions of TypeScript sources, as far as contract tests need them to
// compare the two sides of a wire. It understands the style of web/src and no more.
package typescript

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Interface is an interface or the type of an object, by the names of its fields.
type Interface map[string]Field

// Field is a member of an interface. A method has a type that contains "=>" or is "method".
type Field struct {
	Type     string // as written, without comments
	Optional bool
}

// Source is the text of some files without their comments.
type Source string

var comments = regexp.MustCompile(`(?m)/\*(?s:.*?)\*/|^\s*//.*$|\s//\s.*$`)

// Read reads files.
func Read(paths ...string) (s Source, err error) {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		s += Source(comments.ReplaceAllString(string(text), ""))
	}
	return s, nil
}

// Interface returns an interface, with the fields of the one that it extends.
func (s Source) Interface(name string) (Interface, error) {
	head := regexp.MustCompile(`\binterface ` + name + `( extends (\w+))? \{`).FindStringSubmatchIndex(string(s))
	if head == nil {
		return nil, fmt.Errorf("no interface %s", name)
	}
	found, err := Object(string(s[head[1]-1:]))
	if err != nil || head[4] < 0 {
		return found, err
	}
	parent, err := s.Interface(string(s[head[4]:head[5]]))
	for name, field := range parent {
		found[name] = field
	}
	return found, err
}

var member = regexp.MustCompile(`(?s)^(?:readonly )?(\w+)(\??)(:\s*(.*)|\(.*)$`)

// Object reads the type of an object, "{ name: type; ... }"; what follows its closing brace is ignored.
func Object(text string) (Interface, error) {
	found := Interface{}
	for _, line := range members(text) {
		m := member.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("cannot read the member %q", line)
		}
		field := Field{Type: strings.Join(strings.Fields(m[4]), " "), Optional: m[2] == "?"}
		if strings.HasPrefix(m[3], "(") {
			field.Type = "method"
		}
		found[m[1]] = field
	}
	return found, nil
}

// members splits what is between a brace and the one that closes it at semicolons.
func members(text string) (list []string) {
	depth, start := 0, 0
	for i, c := range text {
		switch {
		case strings.ContainsRune("{[(", c):
			if depth++; depth == 1 {
				start = i + 1
			}
		case strings.ContainsRune("}])", c):
			if depth--; depth == 0 {
				return appendTrimmed(list, text[start:i])
			}
		case c == ';' && depth == 1:
			list, start = appendTrimmed(list, text[start:i]), i+1
		}
	}
	return list
}

func appendTrimmed(list []string, text string) []string {
	if text = strings.TrimSpace(text); text != "" {
		list = append(list, text)
	}
	return list
}

var literal = regexp.MustCompile(`"([^"]*)"`)

// Union returns the strings of a type that is a union of string literals, in their order.
func (s Source) Union(name string) (values []string, err error) {
	declared := regexp.MustCompile(`\btype ` + name + ` =([^;]*);`).FindStringSubmatch(string(s))
	if declared == nil {
		return nil, fmt.Errorf("no union %s", name)
	}
	for _, m := range literal.FindAllStringSubmatch(declared[1], -1) {
		values = append(values, m[1])
	}
	return values, nil
}
