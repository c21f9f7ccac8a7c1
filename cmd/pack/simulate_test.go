package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/experts/simulate"
)

func TestSimulatePrintsWhatEachPolicyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.trace")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := simulate.NewRecorder(file, 2, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"\x00\x01", "\x00\x02", "\x01\x01", "\x00\x02"} {
		r.Token([]byte(token))
	}
	f := newSimulateFlags()
	f.Parse([]string{"-trace", path, "-policy", "lru,opt", "-bytes", "2000000"})
	trace, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := f.report(&out, trace, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	want := `
policy slots hit rate misses a token MB a token prefetches used
lru 1 12.5 % 1.75 4 -
lru 2 50.0 % 1.00 2 -
opt 1 12.5 % 1.75 4 -
opt 2 50.0 % 1.00 2 -
`
	if got := squeezed(out.String()); got != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant%s", got, want)
	}
}

// squeezed removes the spaces that align columns.
func squeezed(table string) string {
	var lines []string
	for line := range strings.Lines(table) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestSimulateRefusesBadFlags(t *testing.T) {
	for message, args := range map[string][]string{
		"either -trace":          {},
		"use either":             {"-synthetic", "-trace", "x"},
		`"17" is not a`:          {"-synthetic", "-tokens", "1", "-slots", "17"},
		`unknown policy "fifo"`:  {"-synthetic", "-tokens", "1", "-policy", "fifo"},
		"cannot generate a tr":   {"-synthetic", "-repeat", "2"},
		"cannot have 0 layers":   {"-synthetic", "-layers", "0"},
		"slots for 2 experts":    {"-synthetic", "-tokens", "1", "-used", "3", "-slots", "2"},
		"no such file or direct": {"-trace", "nowhere"},
	} {
		if err := simulatePolicies(args); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%v: error %v, want one that contains %q", args, err, message)
		}
	}
}

func TestSimulateWritesSyntheticTraces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.trace")
	if err := simulatePolicies([]string{"-synthetic", "-tokens", "5", "-o", path}); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if trace, err := simulate.ReadTrace(file); err != nil || trace.Tokens() != 5 || trace.Layers != 48 {
		t.Errorf("trace %v, %v", trace, err)
	}
}

func TestVirtualModelsHaveNames(t *testing.T) {
	f, err := newVirtual("scout-4layers", "ud-q2_k_xl", 7)
	if err != nil || f.Name() != "scout-4layers-ud-q2_k_xl-seed7.gguf" {
		t.Errorf("file %v, %v", f, err)
	}
	if _, err := newVirtual("behemoth", "q4_k", 1); err == nil || !strings.Contains(err.Error(), "maverick") {
		t.Errorf("error %v, want one that lists the models", err)
	}
	if _, err := newVirtual("scout", "q9", 1); err == nil || !strings.Contains(err.Error(), "ud-q2_k_xl, q4_k") {
		t.Errorf("error %v, want one that lists the types", err)
	}
}
