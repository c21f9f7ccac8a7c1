package main

import (
	"os"
	"regexp"
	"strings"
)

// fnLine finds the beginning of a function in WGSL as shaders.Expand reads it, where a name can have {DEFINES} in it.
var fnLine = regexp.MustCompile(`^(?:@\S+(?:\(.*?\))? +)*fn +([\w{}]+)`)

// wgslFunctions lists the functions of shaders: from the line of fn to the first line that begins with a closing brace.
func wgslFunctions(files []string) ([]function, error) {
	var functions []function
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		functions = append(functions, wgslFunctionsOf(path, strings.Split(string(text), "\n"))...)
	}
	return functions, nil
}

func wgslFunctionsOf(path string, lines []string) (functions []function) {
	first, name := -1, ""
	for i, line := range lines {
		if m := fnLine.FindStringSubmatch(line); m != nil && first < 0 {
			first, name = i, m[1]
		}
		ends := strings.HasPrefix(line, "}") || first == i && strings.HasSuffix(strings.TrimSpace(line), "}")
		if first >= 0 && ends {
			functions = append(functions, function{path + ": " + name, i - first + 1})
			first = -1
		}
	}
	return functions
}
