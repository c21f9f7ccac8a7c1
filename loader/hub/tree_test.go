package hub

import (
	"strings"
	"testing"
)

const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// treeAnswer has the shape of an answer of Hugging Face's tree API.
const treeAnswer = `[
 {"type":"directory","oid":"0123456789012345678901234567890123456789","size":0,"path":"Q4/old"},
 {"type":"file","oid":"0123456789012345678901234567890123456789","size":1570,"path":"Q4/README.md"},
 {"type":"file","oid":"9876543210987654321098765432109876543210","size":49913955744,
  "lfs":{"oid":"` + hash + `","size":49913955744,"pointerSize":136},
  "xetHash":"","path":"Q4/m-00001-of-00002.gguf"}
]`

func TestFileHashFindsTheHashOfAFile(t *testing.T) {
	size, sum, ok := FileHash(treeAnswer, "Q4/m-00001-of-00002.gguf")
	if !ok || size != 49913955744 || sum != hash {
		t.Errorf("%d %s %v", size, sum, ok)
	}
}

func TestFileHashFindsNothingElse(t *testing.T) {
	for answer, path := range map[string]string{
		treeAnswer: "Q4/README.md",
		"<html>":   "m.gguf",
		"{}":       "m.gguf",
		`[7, null, {"type":"file","path":"m.gguf","lfs":7}]`: "m.gguf",
		strings.Replace(treeAnswer, hash, hash[1:], 1):       "Q4/m-00001-of-00002.gguf",
	} {
		if size, sum, ok := FileHash(answer, path); ok {
			t.Errorf("%.30s: %d %s", answer, size, sum)
		}
	}
}

func TestTreeURLNamesTheFolderOfTheFile(t *testing.T) {
	for file, want := range map[string][2]string{
		"https://huggingface.co/org/repo/resolve/main/m.gguf": {
			"https://huggingface.co/api/models/org/repo/tree/main", "m.gguf"},
		"https://huggingface.co/org/repo/resolve/abc/Q4/x/m.gguf?download=true": {
			"https://huggingface.co/api/models/org/repo/tree/abc/Q4/x", "Q4/x/m.gguf"},
	} {
		tree, path, ok := TreeURL(file)
		if !ok || tree != want[0] || path != want[1] {
			t.Errorf("%s: %s %s %v", file, tree, path, ok)
		}
	}
	for _, file := range []string{"https://example.org/a/b/resolve/main/m.gguf", "https://huggingface.co/org/repo/main",
		"https://huggingface.co/org/repo/blob/main/m.gguf", ""} {
		if tree, _, ok := TreeURL(file); ok {
			t.Errorf("%s: %s", file, tree)
		}
	}
}

func FuzzFileHash(f *testing.F) {
	f.Add(treeAnswer, "Q4/m-00001-of-00002.gguf")
	f.Add(`[{"type":"file","path":"m","lfs":{"oid":"","size":-1}}]`, "m")
	f.Fuzz(func(t *testing.T, answer, path string) {
		if size, sum, ok := FileHash(answer, path); ok && (size < 0 || len(sum) != 64) {
			t.Fatalf("%d %q", size, sum)
		}
	})
}
