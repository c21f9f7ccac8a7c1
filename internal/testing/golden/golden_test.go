package golden

import (
	"math"
	"strings"
	"testing"
)

const sample = "golden 1\nnote prompt \"two words\"\ni32 ids 3\nf32 logits 2 2\n\n" +
	"\x01\x00\x00\x00\xff\xff\xff\xff\x03\x00\x00\x00" + "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\xc0"

func TestReadReturnsNotesAndArrays(t *testing.T) {
	f, err := Read(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if f.Notes["prompt"] != `"two words"` {
		t.Errorf("note is %q", f.Notes["prompt"])
	}
	if ids := f.Ints["ids"].Data; len(ids) != 3 || ids[1] != -1 || ids[2] != 3 {
		t.Errorf("ids are %v, want [1 -1 3]", ids)
	}
	if row := f.Floats["logits"].Row(1); row[0] != 3 || row[1] != -4 {
		t.Errorf("row 1 is %v, want [3 -4]", row)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for name, text := range map[string]string{
		"magic":     "silver 1\n\n",
		"no end":    "golden 1\nnote a b\n",
		"kind":      "golden 1\nf64 x 1\n\n12345678",
		"dimension": "golden 1\nf32 x 0\n\n",
		"short":     sample[:len(sample)-1],
	} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCompareFindsTheWorstElement(t *testing.T) {
	d := Compare([]float32{3, 4, 1}, []float32{3, 4, 0})
	if d.NMSE != 1.0/25 || d.Worst != 2 || d.Got != 1 || d.Want != 0 {
		t.Errorf("difference is %+v", d)
	}
}

func TestCompareOfInvalidNumbersIsInfinite(t *testing.T) {
	nan := float32(math.NaN())
	for name, got := range map[string][]float32{"NaN": {1, nan}, "length": {1}} {
		if d := Compare(got, []float32{1, 2}); !math.IsInf(d.NMSE, 1) {
			t.Errorf("%s: %v", name, d)
		}
	}
	if d := Compare([]float32{0}, []float32{0}); d.NMSE != 0 {
		t.Errorf("zeros against zeros: %v", d)
	}
	if d := Compare([]float32{1}, []float32{0}); !math.IsInf(d.NMSE, 1) {
		t.Errorf("one against zero: %v", d)
	}
}

func TestPatchOverwritesBytes(t *testing.T) {
	model := []byte("abcdef")
	if err := (&File{Notes: map[string]string{"patches": "1:5859 5:5a"}}).Patch(model); err != nil ||
		string(model) != "aXYdeZ" {
		t.Errorf("%q, %v; want aXYdeZ", model, err)
	}
	if err := (&File{Notes: map[string]string{"patches": "none"}}).Patch(model); err != nil || string(model) != "aXYdeZ" {
		t.Errorf("without patches: %q, %v", model, err)
	}
	for _, notes := range []map[string]string{{}, {"patches": "5:5859"}, {"patches": "x:58"}, {"patches": "1:5"}} {
		if err := (&File{Notes: notes}).Patch(model); err == nil {
			t.Errorf("%v: no error", notes)
		}
	}
}
