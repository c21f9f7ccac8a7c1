// Package golden reads golden files: tensors that independent references computed (testdata/golden/*/make.py). It
// measures how far other numbers differ from them. It does not know what the numbers mean.
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

// File is the content of a golden file. testdata/golden/golden.py writes the format and describes it.
type File struct {
	Notes  map[string]string // text by key
	Ints   map[string]Array[int32]
	Floats map[string]Array[float32]
}

// Array is an array of numbers with its dimensions, fastest first.
type Array[T int32 | float32] struct {
	Dims []int
	Data []T
}

// Row returns row i of an array: the elements whose indices differ in the first dimension only.
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

// Read reads a golden file.
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

// arrayHeader is the line of an array in the header.
type arrayHeader struct {
	kind, name string
	dims       []int
}

// readHeader reads the notes into the file and returns the headers of its arrays.
func readHeader(r *bufio.Reader) ([]arrayHeader, *File, error) {
	f := &File{Notes: map[string]string{}, Ints: map[string]Array[int32]{}, Floats: map[string]Array[float32]{}}
	var arrays []arrayHeader
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, nil, fmt.Errorf("header: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case first && line != "golden 1":
			return nil, nil, fmt.Errorf("the file begins with %.20q instead of \"golden 1\"", line)
		case first:
		case line == "":
			return arrays, f, nil
		case kind == "note":
			key, value, _ := strings.Cut(rest, " ")
			f.Notes[key] = value
		default:
			a, err := parseArrayHeader(kind, rest)
			if err != nil {
				return nil, nil, err
			}
			arrays = append(arrays, a)
		}
	}
}

// parseArrayHeader parses "KIND NAME DIMENSION ...", of which rest is all but the kind.
func parseArrayHeader(kind, rest string) (arrayHeader, error) {
	fields := strings.Fields(rest)
	if kind != "i32" && kind != "f32" || len(fields) == 0 {
		return arrayHeader{}, fmt.Errorf("unknown line %q", kind+" "+rest)
	}
	e := arrayHeader{kind: kind, name: fields[0]}
	for _, field := range fields[1:] {
		d, err := strconv.Atoi(field)
		if err != nil || d < 1 {
			return arrayHeader{}, fmt.Errorf("array %s has dimension %q", e.name, field)
		}
		e.dims = append(e.dims, d)
	}
	return e, nil
}

// readArray reads the data of an array.
func (f *File) readArray(r io.Reader, e arrayHeader) error {
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

// Difference is the difference between numbers and those of the reference.
type Difference struct {
	NMSE      float64 // normalised mean square error: Σ(got-want)² / Σwant²
	Worst     int     // index of the element with the largest difference; -1 for slices of different lengths
	Got, Want float32 // that element
}

// Compare returns the difference between got and want. The NMSE is infinite for numbers that are not finite and for
// slices of different lengths.
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

// String formats the difference for a test's message.
func (d Difference) String() string {
	if d.Worst < 0 {
		return "different numbers of elements"
	}
	return fmt.Sprintf("NMSE %.3g, worst element %d: got %v, want %v", d.NMSE, d.Worst, d.Got, d.Want)
}
