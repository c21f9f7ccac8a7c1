// Command measure-code prints how long the files and functions of the product are, and fails when they are too long:
// a median function above 9 lines, a function above 50, a file above 350. It reads the files that git tracks or would
// track, without tests. Run it in the root of the repository, with node_modules in place: the TypeScript compiler
// reads TypeScript.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// The largest allowed lengths, in lines.
const (
	maxMedian   = 9
	maxFunction = 50
	maxFile     = 350
)

// function is a named function; its length runs from the line of its name to its closing brace.
type function struct {
	Name  string `json:"name"` // FILE: NAME
	Lines int    `json:"lines"`
}

// language is what was measured of one language.
type language struct {
	name      string
	files     []function // each file as if it were a function
	functions []function
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "measure-code: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	failed := false
	for _, l := range []struct {
		name, suffix string
		measure      func(files []string) ([]function, error)
	}{{"Go", ".go", goFunctions}, {"TypeScript", ".ts", typeScriptFunctions}, {"WGSL", ".wgsl", wgslFunctions}} {
		files, err := productFiles(l.suffix)
		if err != nil {
			return err
		}
		functions, err := l.measure(files)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		lengths, err := fileLengths(files)
		if err != nil {
			return err
		}
		failed = report(language{l.name, lengths, functions}) || failed
	}
	if failed {
		return fmt.Errorf("at most %d lines in the median function, %d in a function and %d in a file are allowed",
			maxMedian, maxFunction, maxFile)
	}
	return nil
}

// productFiles lists the files with a suffix, without tests.
func productFiles(suffix string) ([]string, error) {
	out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*"+suffix).Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []string
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		isTest := strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata/")
		if _, err := os.Stat(path); err == nil && !isTest {
			files = append(files, path)
		}
	}
	return files, nil
}

func fileLengths(files []string) ([]function, error) {
	var lengths []function
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		lengths = append(lengths, function{path, strings.Count(string(text), "\n")})
	}
	return lengths, nil
}

// report prints one language and reports whether something in it is too long.
func report(l language) (failed bool) {
	byLength := func(a, b function) int { return a.Lines - b.Lines }
	slices.SortStableFunc(l.files, byLength)
	slices.SortStableFunc(l.functions, byLength)
	if len(l.files) == 0 || len(l.functions) == 0 {
		fmt.Printf("%s: nothing found\n", l.name)
		return true
	}
	at := func(share float64) function { return l.functions[int(share*float64(len(l.functions)-1))] }
	file, longest, median := l.files[len(l.files)-1], at(1), at(0.5).Lines
	fmt.Printf("%-10s  %3d files, longest %d (%s)\n", l.name, len(l.files), file.Lines, file.Name)
	fmt.Printf("%-10s %4d functions: median %d, 90th percentile %d, longest %d (%s)\n",
		"", len(l.functions), median, at(0.9).Lines, longest.Lines, longest.Name)
	for _, f := range l.files {
		failed = tooLong(f, maxFile) || failed
	}
	for _, f := range l.functions {
		failed = tooLong(f, maxFunction) || failed
	}
	return failed || median > maxMedian
}

func tooLong(f function, limit int) bool {
	if f.Lines > limit {
		fmt.Printf("  too long: %s has %d lines, more than %d\n", f.Name, f.Lines, limit)
	}
	return f.Lines > limit
}

// typeScriptFunctions asks the TypeScript compiler, which runs under Node.
func typeScriptFunctions(files []string) ([]function, error) {
	node := exec.Command("node", append([]string{"scripts/measure-code/typescript.mjs"}, files...)...)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		return nil, err
	}
	var functions []function
	err = json.Unmarshal(out, &functions)
	return functions, err
}
