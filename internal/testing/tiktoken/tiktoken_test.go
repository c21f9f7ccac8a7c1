package tiktoken

import (
	"slices"
	"strings"
	"testing"
)

func TestTiktokenFilesAreReadStrictly(t *testing.T) {
	tokens, err := Read(strings.NewReader("YQ== 0\nYmM= 1\n"))
	if err != nil || !slices.Equal(tokens, []string{"a", "bc"}) {
		t.Errorf("%q, %v", tokens, err)
	}
	for _, bad := range []string{"YQ== 1\n", "YQ==\n", "!! 0\n", "\n"} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
