package errs

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/testing/typescript"
)

// documented is a line of the tables of docs/errors.md, under the heading of its table.
type documented struct {
	code      Code
	about     subject
	retryable bool
}

// The codes are a public interface: the table here, the constants and docs/errors.md say the same, in the same order.
func TestEveryCodeIsDocumented(t *testing.T) {
	var want []documented
	for _, line := range table {
		want = append(want, documented{line.code, line.about, line.retryable})
	}
	if got := documentation(t); len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("docs/errors.md explains %v\n        the table lists %v", got, want)
	}
	if got := constants(t); !slices.Equal(got, codes()) {
		t.Errorf("the constants are %v\nthe table lists  %v", got, codes())
	}
}

// The union of web/src/errors.ts has the same codes in the same order.
func TestTypeScriptHasTheSameCodes(t *testing.T) {
	source, err := typescript.Read("../../web/src/errors.ts")
	if err != nil {
		t.Fatal(err)
	}
	union, err := source.Union("ErrorCode")
	if err != nil || !slices.Equal(union, codes()) {
		t.Errorf("%v\nweb/src/errors.ts has %v\n    the table lists %v", err, union, codes())
	}
}

func TestTheTableSaysWhatIsRetryable(t *testing.T) {
	if e := New(ConnectionLost, "lost"); !e.Retryable {
		t.Error("a lost connection is not worth trying again")
	}
	if e := New(NotFound, "gone"); e.Retryable {
		t.Error("a missing file is worth trying again")
	}
	if e := Of(os.ErrClosed); e.Code != Internal || e.Retryable || e.Unwrap() != os.ErrClosed {
		t.Errorf("an error without a code: %+v", e)
	}
}

func codes() (list []string) {
	for _, line := range table {
		list = append(list, string(line.code))
	}
	return list
}

func constants(t *testing.T) (list []string) {
	for _, m := range find(t, "codes.go", `\bCode\s+= "([a-z_]+)"`) {
		list = append(list, m[1])
	}
	return list
}

func documentation(t *testing.T) (lines []documented) {
	about := subject("")
	for _, m := range find(t, "../../docs/errors.md", "(?m)^(?:## (.*)|\\| `([a-z_]+)` \\|.*\\| (yes|no) \\|)$") {
		if m[1] != "" {
			about = subject(m[1])
		} else {
			lines = append(lines, documented{Code(m[2]), about, m[3] == "yes"})
		}
	}
	return lines
}

func find(t *testing.T, file, pattern string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1)
}
