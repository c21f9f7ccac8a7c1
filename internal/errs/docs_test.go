package errs

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The codes are a public interface: what errs.go declares and what docs/errors.md explains are the same list.
func TestEveryCodeIsDocumented(t *testing.T) {
	declared := codes(t, "errs.go", `\bCode\s+= "([a-z_]+)"`)
	documented := codes(t, "../../docs/errors.md", "(?m)^\\| `([a-z_]+)` \\|")
	if len(declared) == 0 || !slices.Equal(declared, documented) {
		t.Errorf("errs.go declares %v\ndocs/errors.md explains %v", declared, documented)
	}
}

func codes(t *testing.T, file, pattern string) (found []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	return found
}
