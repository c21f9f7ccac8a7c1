package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// citation matches the number of a section in a comment, and the document if its path is written before the number.
var citation = regexp.MustCompile(`(?:\b([\w/]*spec/\w+)(?:\.md)? )?§(\d+(?:\.\d+)?)`)

func TestCitedSectionsExist(t *testing.T) {
	sections := map[string]map[string]bool{}
	for _, document := range []string{"docs/spec/llama4", "docs/spec/gguf"} {
		sections[document] = headings(t, document+".md")
	}
	cited := 0
	for _, path := range sourceFiles(t, ".go", ".wgsl", ".ts", ".mjs") {
		for i, line := range strings.Split(read(t, path), "\n") {
			for _, c := range citation.FindAllStringSubmatch(line, -1) {
				cited++
				if document, section := c[1], c[2]; !exists(sections, document, section) {
					t.Errorf("%s:%d cites section %s of %q, which does not exist", path, i+1, section, document)
				}
			}
		}
	}
	if cited < 30 {
		t.Errorf("found only %d citations: is the test looking in the right place?", cited)
	}
}

// exists reports whether a document has a section. A citation without a document may mean either.
func exists(sections map[string]map[string]bool, document, section string) bool {
	if document != "" {
		return sections[document][section]
	}
	for _, numbers := range sections {
		if numbers[section] {
			return true
		}
	}
	return false
}

// headings returns the numbers of a document's sections.
func headings(t *testing.T, document string) map[string]bool {
	numbers := map[string]bool{}
	numbered := regexp.MustCompile(`(?m)^##+ (\d+(?:\.\d+)?)\.? `)
	for _, heading := range numbered.FindAllStringSubmatch(read(t, document), -1) {
		numbers[heading[1]] = true
	}
	if len(numbers) < 8 {
		t.Fatalf("%s has only %d numbered sections", document, len(numbers))
	}
	return numbers
}

// read returns the text of a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
