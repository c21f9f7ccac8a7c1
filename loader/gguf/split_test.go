package gguf

import (
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

// part builds part no (from 0) of count, with a tensor for each name.
func part(t *testing.T, no, count, total int, names ...string) *File {
	w := &Writer{}
	w.Set("split.no", uint16(no))
	w.Set("split.count", uint16(count))
	w.Set("split.tensors.count", int32(total))
	for _, name := range names {
		w.Add(name, quant.F32, []int{8}, make([]byte, 32))
	}
	return mustParse(t, w.Bytes())
}

func TestMergeJoinsParts(t *testing.T) {
	parts := []*File{part(t, 0, 3, 3), part(t, 1, 3, 3, "a", "b"), part(t, 2, 3, 3, "c")}
	f, err := Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a": 1, "b": 1, "c": 2} {
		if got, ok := f.Tensor(name); !ok || got.Part != want {
			t.Errorf("tensor %s is in part %d (%v), want %d", name, got.Part, ok, want)
		}
	}
	if a, _ := parts[1].Tensor("a"); a.Part != 0 {
		t.Error("Merge changed its arguments")
	}
}

func TestMergeLeavesASingleFileAlone(t *testing.T) {
	for name, file := range map[string]*File{
		"no split keys": mustParse(t, tinyModel()),
		"split of one":  part(t, 0, 1, 1, "a"),
	} {
		f, err := Merge([]*File{file})
		if err != nil || len(f.Tensors) != len(file.Tensors) {
			t.Errorf("%s: %v %v", name, f, err)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		parts []*File
		says  string
	}{
		"not the first part": {[]*File{part(t, 1, 2, 1, "a"), part(t, 0, 2, 1)}, "open the first part"},
		"a part missing":     {[]*File{part(t, 0, 2, 2, "a")}, "the model has 2 parts, 1 were given"},
		"parts in wrong order": {[]*File{part(t, 0, 3, 3, "a"), part(t, 2, 3, 3, "b"), part(t, 1, 3, 3, "c")},
			"in place of part 2 of 3 says it is part 3 of 3"},
		"part of another model": {[]*File{part(t, 0, 2, 2, "a"), part(t, 1, 3, 2, "b")}, "part 2 of 3"},
		"same tensor twice":     {[]*File{part(t, 0, 2, 2, "a"), part(t, 1, 2, 2, "a")}, `part 2 has tensor "a"`},
		"too few tensors": {[]*File{part(t, 0, 2, 5, "a"), part(t, 1, 2, 5, "b")},
			"should hold 5 tensors, they hold 2"},
		"absurd number of parts": {[]*File{part(t, 0, 60000, 1, "a")}, "part 1 of 60000"},
		"number beyond count":    {[]*File{part(t, 7, 2, 1, "a"), part(t, 1, 2, 1)}, "it says it is part 8 of 2"},
		"absurd tensor count":    {[]*File{part(t, 0, 2, 1<<30, "a"), part(t, 1, 2, 1)}, "with 1073741824 tensors"},
		"bad second part":        {[]*File{part(t, 0, 2, 2, "a"), part(t, 3, 2, 2, "b")}, "part 4 of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Merge(c.parts)
			if err == nil || errs.Of(err).Code != errs.BadHeader || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want bad_header with %q", err, c.says)
			}
		})
	}
}
