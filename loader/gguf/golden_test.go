package gguf

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestListingAgreesWithAnIndependentReader compares this parser with gguf-py on the test model, which `make models`
// downloads. testdata/listing.py made the golden listing.
func TestListingAgreesWithAnIndependentReader(t *testing.T) {
	model, err := os.Open("../../models/cache/SmolLM2-135M-Instruct.Q4_1.gguf")
	if err != nil {
		t.Fatalf("%v; run `make models` first", err)
	}
	defer model.Close()
	want, err := os.ReadFile("testdata/smollm2-135m-instruct-q4_1.txt")
	if err != nil {
		t.Fatal(err)
	}
	info, err := model.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(info.Size(), func(n int64) ([]byte, error) {
		b := make([]byte, n)
		_, err := model.ReadAt(b, 0)
		return b, err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(listing(f), "\n"), strings.Split(string(want), "\n")
	for i, line := range lines {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d of %d (got %d lines): want %q, got %q", i+1, len(lines), len(got), line, got[min(i, len(got)-1)])
		}
	}
}

// listing formats a header as testdata/listing.py does.
func listing(f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version %d\n", f.Version)
	for _, key := range f.Meta.Keys() {
		fmt.Fprintf(&b, "meta %s %s\n", key, describe(f.Meta, key))
	}
	for _, t := range f.Tensors {
		dims := strings.ReplaceAll(strings.Trim(fmt.Sprint(t.Dims), "[]"), " ", "x")
		fmt.Fprintf(&b, "tensor %s %s %s %d %d\n", t.Name, TypeName(t.Type), dims, t.Offset, t.Size)
	}
	return b.String()
}

func describe(m Meta, key string) string {
	switch v := m.values[key]; {
	case v.array && v.kind == kindString:
		s, total := m.Strings(key), 0
		for i := range s.Len() {
			total += len(s.At(i))
		}
		return fmt.Sprintf("strings %d bytes %d first %x last %x", s.Len(), total, s.At(0), s.At(s.Len()-1))
	case v.array:
		sum := 0.0
		for _, x := range m.Floats(key) {
			sum += x
		}
		return fmt.Sprintf("numbers %d sum %.6g", len(m.Floats(key)), sum)
	case v.kind == kindString:
		return fmt.Sprintf("text %d bytes", len(m.String(key, "")))
	case v.kind == kindBool:
		return fmt.Sprintf("bool %d", v.bits)
	}
	return fmt.Sprintf("number %.6g", m.Float(key, 0))
}
