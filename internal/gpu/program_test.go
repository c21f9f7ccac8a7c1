package gpu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

func TestAProgramFollowsTheStep(t *testing.T) {
	b := open(t)
	defer b.Close()
	table, row, step := numbered(t, b, 10), alloc(t, b, quant.F32, 4, ops.StepWords), alloc(t, b, quant.U32, ops.StepWords)
	p := record(t, b, func() {
		b.GetRows(row, table, step)
		b.Advance(step)
	})
	defer p.Release()

	for _, run := range []struct {
		write []uint32
		want  string
	}{
		{[]uint32{2, 3, 9, 0}, "[2 3 9 0]"},
		{nil, "[5 1 9 0]"}, // where Advance left it
		{nil, "[6 1 9 0]"},
		{[]uint32{0, 1, 1, 1}, "[0 1 1 1]"},
	} {
		if run.write != nil {
			must(t, b.Write(step, 0, wordBytes(run.write...)))
		}
		must(t, p.Run())
		var got []uint32
		for i, w := range readWords(t, b, row) {
			if i%4 == 0 {
				got = append(got, uint32(math.Float32frombits(w)))
			}
		}
		if fmt.Sprint(got) != run.want {
			t.Errorf("rows %v, want %s", got, run.want)
		}
	}
}

func TestWritesAreOrderedBetweenRuns(t *testing.T) {
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	p := record(t, b, func() { b.Advance(step) })
	defer p.Release()

	var pending []ops.Pending
	for i := range 20 {
		must(t, b.Write(step, 0, wordBytes(uint32(100*i), 7)))
		must(t, p.Run())
		pending = append(pending, b.ReadBack(step, 0, 4))
	}
	for i, f := range pending {
		if got := wait(t, f); got[0] != uint32(100*i+7) {
			t.Errorf("run %d left position %d, want %d", i, got[0], 100*i+7)
		}
	}
}

func TestSeveralReadBacksMayBePending(t *testing.T) {
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	must(t, b.Write(step, 0, wordBytes(0, 1)))
	p := record(t, b, func() { b.Advance(step) })
	defer p.Release()

	var pending []ops.Pending
	for range 5 {
		must(t, p.Run())
		pending = append(pending, b.ReadBack(step, 0, 8))
	}
	for i := len(pending) - 1; i >= 0; i-- {
		if got := wait(t, pending[i]); got[0] != uint32(i+1) {
			t.Errorf("read-back %d has position %d, want %d", i, got[0], i+1)
		}
	}
}

func TestReadBackReturnsTheRequestedBytes(t *testing.T) {
	b := open(t)
	defer b.Close()
	x := alloc(t, b, quant.U32, 4, 3)
	must(t, b.Write(x, 0, wordBytes(0, 1, 2, 3, 4, 0x0c0b0a09, 6, 7, 8, 9, 10, 11)))
	got, err := ops.Read(context.Background(), b, x.Rows(1, 1), 5, 2) // bytes 5 and 6 of row 1
	must(t, err)
	if string(got) != "\x0a\x0b" {
		t.Errorf("got % x, want 0a 0b", got)
	}
	if none, err := ops.Read(context.Background(), b, x, 8, 0); err != nil || len(none) != 0 {
		t.Errorf("no bytes: %v, %v", none, err)
	}
}

func TestReadBackSlicesReturnsSlicesInOrder(t *testing.T) {
	b := open(t)
	defer b.Close()
	x, y := alloc(t, b, quant.U32, 4, 2), alloc(t, b, quant.U32, 3)
	must(t, b.Write(x, 0, wordBytes(0, 1, 2, 3, 4, 5, 6, 7)))
	must(t, b.Write(y, 0, wordBytes(10, 11, 12)))
	got := wait(t, b.ReadBackSlices(ops.Slice{Tensor: y, Offset: 4, N: 8},
		ops.Slice{Tensor: x.Rows(1, 1), Offset: 8, N: 4}, ops.Slice{Tensor: x, N: 8}))
	if want := []uint32{11, 12, 6, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if none := wait(t, b.ReadBackSlices()); len(none) != 0 {
		t.Errorf("no slices: %v", none)
	}
	for name, p := range map[string]ops.Slice{
		"half a word":    {Tensor: x, N: 2},
		"at half a word": {Tensor: x, Offset: 2, N: 4},
		"beyond the end": {Tensor: y, Offset: 8, N: 8},
	} {
		_, err := b.ReadBackSlices(ops.Slice{Tensor: x, N: 4}, p).Wait(context.Background())
		if errs.Of(err).Code != errs.Internal {
			t.Errorf("%s: %v, want an internal error", name, err)
		}
	}
}

func TestWaitStopsWhenItsContextIsCancelled(t *testing.T) {
	b := open(t)
	defer b.Close()
	x := alloc(t, b, quant.U32, 4)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ops.Read(ctx, b, x, 0, 16); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestProgramsShareBindGroupsAndParamBuffers(t *testing.T) {
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	for range 3 * minBufferEntries {
		b.Advance(step)
	}
	if n, buffers := len(b.bindGroups.ids), len(b.paramBuffers); n != 1 || buffers != 1 {
		t.Errorf("%d bind groups and %d parameter buffers for one repeated call, want 1 and 1", n, buffers)
	}
	b.Free(step)
	if n := len(b.bindGroups.ids); n != 0 {
		t.Errorf("%d bind groups are left after their tensor was freed", n)
	}
}

func TestEachTensorHasABindGroupOfItsOwn(t *testing.T) {
	b := open(t)
	defer b.Close()
	one, two := alloc(t, b, quant.U32, ops.StepWords), alloc(t, b, quant.U32, ops.StepWords)
	must(t, b.Write(one, 0, wordBytes(10, 1)))
	must(t, b.Write(two, 0, wordBytes(20, 1)))
	p := record(t, b, func() {
		b.Advance(one)
		b.Advance(two)
	})
	defer p.Release()
	must(t, p.Run())
	if a, b := readWords(t, b, one)[0], readWords(t, b, two)[0]; a != 11 || b != 21 {
		t.Errorf("positions %d and %d, want 11 and 21", a, b)
	}
}

func TestALongProgramHasAParamBufferOfItsOwn(t *testing.T) {
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	must(t, b.Write(step, 0, wordBytes(0, 1)))
	p := record(t, b, func() {
		for range minBufferEntries + 1 {
			b.Advance(step)
		}
	})
	defer p.Release()
	must(t, p.Run())
	if got := readWords(t, b, step)[0]; got != minBufferEntries+1 {
		t.Errorf("%d dispatches ran, want %d", got, minBufferEntries+1)
	}
}

func TestAnEmptyProgramRuns(t *testing.T) {
	b := open(t)
	defer b.Close()
	p := record(t, b, func() {})
	must(t, p.Run())
	p.Release()
	p.Release() // the second does nothing
}

func TestBackendIsUsableAfterAShapeError(t *testing.T) {
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	func() {
		defer func() {
			if _, ok := recover().(*ops.ShapeError); !ok {
				t.Error("a wrong shape does not panic with a ShapeError")
			}
		}()
		b.Record("wrong", func() { b.Swiglu(step, step) })
	}()
	record(t, b, func() { b.Advance(step) }).Release()
}

// BenchmarkReplay measures the CPU time of a dispatch of a recorded program, without the time to drain the queue.
func BenchmarkReplay(b *testing.B) {
	const dispatches = 400 // a token of a 48-layer model
	g := open(b)
	defer g.Close()
	step := alloc(b, g, quant.U32, ops.StepWords)
	p := record(b, g, func() {
		for range dispatches {
			g.Advance(step)
		}
	})
	defer p.Release()
	for b.Loop() {
		must(b, p.Run())
		b.StopTimer()
		readWords(b, g, step)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*dispatches), "ns/dispatch")
}

// BenchmarkRecord measures the recording of a program, with bind groups that exist already and with new ones.
func BenchmarkRecord(b *testing.B) {
	const dispatches = 400
	for _, fresh := range []bool{false, true} {
		b.Run(fmt.Sprintf("freshGroups=%v", fresh), func(b *testing.B) {
			g := open(b)
			defer g.Close()
			steps := make([]*ops.Tensor, dispatches)
			for b.Loop() {
				b.StopTimer()
				for i := range steps {
					if fresh && steps[i] != nil {
						g.Free(steps[i])
						steps[i] = nil
					}
					if steps[i] == nil {
						steps[i] = alloc(b, g, quant.U32, ops.StepWords)
					}
				}
				b.StartTimer()
				record(b, g, func() {
					for _, s := range steps {
						g.Advance(s)
					}
				}).Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*dispatches), "ns/dispatch")
		})
	}
}

// numbered allocates a table of n rows of four elements, each equal to the number of its row.
func numbered(t testing.TB, b *Backend, n int) *ops.Tensor {
	t.Helper()
	table := alloc(t, b, quant.F32, 4, n)
	var words []uint32
	for i := range 4 * n {
		words = append(words, f32bits(float32(i/4)))
	}
	must(t, b.Write(table, 0, wordBytes(words...)))
	return table
}

func alloc(t testing.TB, b *Backend, typ quant.Type, shape ...int) *ops.Tensor {
	t.Helper()
	tensor, err := b.Alloc("tensor", typ, shape...)
	must(t, err)
	return tensor
}

func record(t testing.TB, b *Backend, f func()) ops.Program {
	t.Helper()
	p, err := b.Record("test", f)
	must(t, err)
	return p
}

func wait(t testing.TB, p ops.Pending) []uint32 {
	t.Helper()
	data, err := p.Wait(context.Background())
	must(t, err)
	return wordsOf(data)
}

// readWords reads a whole tensor of 32-bit numbers.
func readWords(t testing.TB, b *Backend, x *ops.Tensor) []uint32 {
	t.Helper()
	return wait(t, b.ReadBack(x, 0, 4*x.Shape.Elems()))
}

func wordBytes(words ...uint32) []byte {
	var data []byte
	for _, w := range words {
		data = binary.LittleEndian.AppendUint32(data, w)
	}
	return data
}

func wordsOf(data []byte) []uint32 {
	out := make([]uint32, len(data)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
