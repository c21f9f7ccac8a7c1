// Package golden reads the tensors that independent references computed (testdata/golden/*/make.py) and says how far
// ours are from them. It refuses to know what the numbers mean.
package golden

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// File is a golden file. Its format is described in testdata/golden/golden.py, which writes it.
type File struct {
	Notes  map[string]string // facts for people
	Ints   map[string]Array[int32]
	Floats map[string]Array[float32]
}

// Array is numbers with their dimensions, fastest first.
type Array[T int32 | float32] struct {
	Dims []int
	Data []T
}

// Row is row i of an array: all numbers that share the indices beyond the first dimension.
func (a Array[T]) Row(i int) []T { return a.Data[i*a.Dims[0] : (i+1)*a.Dims[0]] }

// Open reads the file at path.
func Open(path string) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := Read(in)
	if err != nil {
		return nil, fmt.Errorf("golden: %s: %w", path, err)
	}
	return f, nil
}

// Read reads a file.
func Read(in io.Reader) (*File, error) {
	r := bufio.NewReader(in)
	arrays, f, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	for _, a := range arrays {
		if err := f.readArray(r, a); err != nil {
			return nil, fmt.Errorf("array %s: %w", a.name, err)
		}
	}
	return f, nil
}

// entry is an array's line in the header.
type entry struct {
	kind, name string
	dims       []int
}

func readHeader(r *bufio.Reader) ([]entry, *File, error) {
	f := &File{Notes: map[string]string{}, Ints: map[string]Array[int32]{}, Floats: map[string]Array[float32]{}}
	var arrays []entry
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, nil, fmt.Errorf("header: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case first && line != "golden 1":
			return nil, nil, fmt.Errorf("begins with %.20q, want \"golden 1\"", line)
		case first:
		case line == "":
			return arrays, f, nil
		case kind == "note":
			key, value, _ := strings.Cut(rest, " ")
			f.Notes[key] = value
		default:
			a, err := parseEntry(kind, rest)
			if err != nil {
				return nil, nil, err
			}
			arrays = append(arrays, a)
		}
	}
}

func parseEntry(kind, rest string) (entry, error) {
	fields := strings.Fields(rest)
	if kind != "i32" && kind != "f32" || len(fields) == 0 {
		return entry{}, fmt.Errorf("unknown line %q", kind+" "+rest)
	}
	e := entry{kind: kind, name: fields[0]}
	for _, field := range fields[1:] {
		d, err := strconv.Atoi(field)
		if err != nil || d < 1 {
			return entry{}, fmt.Errorf("array %s has dimension %q", e.name, field)
		}
		e.dims = append(e.dims, d)
	}
	return e, nil
}

func (f *File) readArray(r io.Reader, e entry) error {
	n := 1
	for _, d := range e.dims {
		n *= d
	}
	if e.kind == "i32" {
		a := Array[int32]{e.dims, make([]int32, n)}
		f.Ints[e.name] = a
		return binary.Read(r, binary.LittleEndian, a.Data)
	}
	a := Array[float32]{e.dims, make([]float32, n)}
	f.Floats[e.name] = a
	return binary.Read(r, binary.LittleEndian, a.Data)
}

// Difference is how far numbers are from the reference's.
type Difference struct {
	NMSE      float64 // Σ(got-want)² / Σwant²
	Worst     int     // index of the element farthest off
	Got, Want float32 // that element
}

// Compare measures got against want. Numbers that are not finite, or slices of unequal length, are infinitely far off.
func Compare(got, want []float32) Difference {
	if len(got) != len(want) {
		return Difference{NMSE: math.Inf(1), Worst: -1}
	}
	var d Difference
	var errors, squares, farthest float64
	for i := range want {
		off := math.Abs(float64(got[i]) - float64(want[i]))
		if off > farthest || math.IsNaN(off) {
			farthest, d.Worst, d.Got, d.Want = off, i, got[i], want[i]
		}
		errors += off * off
		squares += float64(want[i]) * float64(want[i])
	}
	switch d.NMSE = errors / squares; {
	case math.IsNaN(d.NMSE) && errors == 0:
		d.NMSE = 0
	case math.IsNaN(d.NMSE):
		d.NMSE = math.Inf(1)
	}
	return d
}

func (d Difference) String() string {
	if d.Worst < 0 {
		return "another number of elements"
	}
	return fmt.Sprintf("NMSE %.3g, worst element %d: got %v, want %v", d.NMSE, d.Worst, d.Got, d.Want)
}
