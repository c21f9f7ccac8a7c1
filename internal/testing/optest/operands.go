package optest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

var le = binary.LittleEndian

// Operands makes the tensors of a case on one backend. The numbers are the same on every backend.
type Operands struct {
	t         testing.TB
	b         ops.Backend
	rand      *rand.Rand
	made      []*ops.Tensor       // all tensors, not views
	outputs   []*ops.Tensor       // tensors and views that the op writes
	choices   *ops.Tensor         // the output that holds choices, or nil
	benchmark func(ops.Program)   // called instead of running the program, if not nil
	override  func(func(ops.Ops)) // called instead of recording the op, if not nil
}

// Do records the op as a program and runs it once.
func (x *Operands) Do(f func(ops.Ops)) {
	x.t.Helper()
	if x.override != nil {
		x.override(f)
		return
	}
	p, err := x.b.Record("case", func() { f(x.b) })
	x.must(err)
	defer p.Release()
	if x.benchmark != nil {
		x.benchmark(p)
		return
	}
	x.must(p.Run())
}

// Normal returns n normally distributed numbers.
func (x *Operands) Normal(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(x.rand.NormFloat64())
	}
	return out
}

// Rand returns the case's source of random numbers, for shapes and indices.
func (x *Operands) Rand() *rand.Rand { return x.rand }

// Weight returns a random matrix of any type, uploaded as from a file, in several pieces if it has several blocks.
func (x *Operands) Weight(t quant.Type, shape ...int) *ops.Tensor {
	x.t.Helper()
	return x.weight(t, 1, shape...)
}

// weight is Weight with a standard deviation.
func (x *Operands) weight(t quant.Type, deviation float64, shape ...int) *ops.Tensor {
	x.t.Helper()
	values := x.Normal(ops.Shape(shape).Elems())
	for i := range values {
		values[i] *= float32(deviation)
	}
	file := make([]byte, t.RowBytes(len(values)))
	quant.Quantize(t, file, values)
	w := x.alloc("weight", t, shape...)
	piece := max(len(file)/3/ops.UploadUnit(w), 1) * ops.UploadUnit(w)
	for at := 0; at < len(file); at += piece {
		x.must(x.b.Upload(w, int64(at), ops.Bytes(file[at:min(at+piece, len(file))])))
	}
	return w
}

// Input returns a row view [width, n] of values, with NaNs before and after it.
func (x *Operands) Input(name string, width int, values []float32) *ops.Tensor {
	x.t.Helper()
	return x.view(name, quant.F32, width, bitsOf(values), math.Float32bits(float32(math.NaN())))
}

// Activations returns a row view [width, n] of random numbers, with NaNs before and after it.
func (x *Operands) Activations(name string, width, n int) *ops.Tensor {
	x.t.Helper()
	return x.Input(name, width, x.Normal(width*n))
}

// Vector returns a tensor [n] of random numbers: a norm or a bias.
func (x *Operands) Vector(name string, n int) *ops.Tensor {
	x.t.Helper()
	v := x.alloc(name, quant.F32, n)
	x.write(v, bitsOf(x.Normal(n)))
	return v
}

// Indices returns a row view U32 [1, n] of ids.
func (x *Operands) Indices(name string, ids []uint32) *ops.Tensor {
	x.t.Helper()
	return x.view(name, quant.U32, 1, ids, 0xffffffff)
}

// Step returns a step tensor for count tokens at position pos.
func (x *Operands) Step(pos, count int) *ops.Tensor {
	x.t.Helper()
	s := x.alloc("step", quant.U32, ops.StepWords)
	words := make([]uint32, ops.StepWords)
	words[ops.StepPos], words[ops.StepCount] = uint32(pos), uint32(count)
	x.write(s, words)
	return s
}

// Output returns a row view [width, n] for the op to write, with sentinels in it and before and after it.
func (x *Operands) Output(t quant.Type, width, n int) *ops.Tensor {
	x.t.Helper()
	values := make([]uint32, width*n)
	for i := range values {
		values[i] = sentinel
	}
	return x.InOut(x.view("dst", t, width, values, sentinel))
}

// Sum returns a row view [width, n] of random numbers that the op adds to or changes, with sentinels before and after
// it.
func (x *Operands) Sum(name string, width, n int) *ops.Tensor {
	x.t.Helper()
	return x.InOut(x.view(name, quant.F32, width, bitsOf(x.Normal(width*n)), sentinel))
}

// InOut marks a tensor as one that the op writes, and returns it. All of it is compared afterwards.
func (x *Operands) InOut(t *ops.Tensor) *ops.Tensor {
	x.outputs = append(x.outputs, t)
	return t
}

// view returns a view [width, n] of a tensor [width, n+2], whose first and last row are filled with fill.
func (x *Operands) view(name string, t quant.Type, width int, values []uint32, fill uint32) *ops.Tensor {
	x.t.Helper()
	n := len(values) / width
	whole := x.alloc(name, t, width, n+2)
	words := make([]uint32, width*(n+2))
	for i := range words {
		words[i] = fill
	}
	copy(words[width:], values)
	x.write(whole, words)
	return whole.Rows(1, n)
}

func (x *Operands) alloc(name string, t quant.Type, shape ...int) *ops.Tensor {
	x.t.Helper()
	tensor, err := x.b.Alloc(name, t, shape...)
	x.must(err)
	x.made = append(x.made, tensor)
	return tensor
}

func (x *Operands) write(t *ops.Tensor, words []uint32) {
	x.t.Helper()
	data := make([]byte, 0, 4*len(words))
	for _, w := range words {
		data = le.AppendUint32(data, w)
	}
	x.must(x.b.Write(t, 0, data))
}

// results reads the outputs and the rows around them.
func (x *Operands) results() []result {
	x.t.Helper()
	var all []result
	for i, t := range x.outputs {
		data := x.read(t)
		r := result{name: fmt.Sprintf("output %d, %s", i, t.Name), typ: t.Type, values: valuesOf(t.Type, data)}
		if t.First > 0 {
			row := t.Type.RowBytes(t.Dim(0))
			r.border = append(x.readAt(t, -row, row), x.readAt(t, len(data), row)...)
		}
		if t == x.choices {
			all = append(all, r.split(data)...)
			continue
		}
		all = append(all, r)
	}
	return all
}

// split separates the weights of choices, which are floats, from the other words. In the words, the weights are
// replaced by zeros.
func (r result) split(choices []byte) []result {
	weights := result{name: r.name + ", weights", typ: quant.F32}
	for i := ops.ChoiceWeight; i < len(r.values); i += ops.ChoiceWords {
		r.values[i] = 0
		weights.values = append(weights.values, valuesOf(quant.F32, choices[4*i:4*i+4])...)
	}
	return []result{r, weights}
}

func (x *Operands) read(t *ops.Tensor) []byte {
	return x.readAt(t, 0, t.Type.RowBytes(t.Shape.Elems()))
}

// readAt reads n bytes at a byte offset from the beginning of the view. The offset may be negative.
func (x *Operands) readAt(t *ops.Tensor, offset, n int) []byte {
	x.t.Helper()
	whole := *t
	whole.First = 0
	whole.Shape = ops.Shape{t.First + t.Shape.Elems() + t.Dim(0)}
	at := t.Type.RowBytes(t.First) + offset
	data, err := ops.Read(context.Background(), x.b, &whole, at, n)
	x.must(err)
	return data
}

func (x *Operands) free() { x.b.Free(x.made...) }

func (x *Operands) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func bitsOf(values []float32) []uint32 {
	words := make([]uint32, len(values))
	for i, v := range values {
		words[i] = math.Float32bits(v)
	}
	return words
}

// valuesOf returns the numbers of a tensor of a type without blocks.
func valuesOf(t quant.Type, data []byte) []float64 {
	out := make([]float64, len(data)/t.BlockBytes())
	if t == quant.U32 {
		for i := range out {
			out[i] = float64(le.Uint32(data[4*i:]))
		}
		return out
	}
	floats := make([]float32, len(out))
	quant.Dequantize(t, floats, data)
	for i, f := range floats {
		out[i] = float64(f)
	}
	return out
}
