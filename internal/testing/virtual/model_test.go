package virtual_test

import (
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	_ "github.com/outrider-web/outrider/internal/model/llama4"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/virtual"
	"github.com/outrider-web/outrider/loader/gguf"
)

// miniature has Scout's layers at a twentieth of its width.
var miniature = virtual.Model{Name: "miniature", NumLayers: 8, HiddenSize: 256, NumHeads: 4, NumKVHeads: 2,
	HeadDim: 64, NumExperts: 4, ExpertWidth: 512, DenseWidth: 512, MoEInterval: 1,
	ContextSize: 4096, RopeScaled: true, NumRanks: 400}

// read returns a model on the CPU reference that reads its matrices from the file when it needs them.
func read(t testing.TB, f *virtual.File, o model.Options) (*ref.Backend, *model.Model) {
	t.Helper()
	header, err := gguf.Read(f.Size(), func(n int64) ([]byte, error) {
		b := make([]byte, n)
		_, err := f.ReadAt(b, 0)
		return b, err
	})
	if err != nil {
		t.Fatal(err)
	}
	family, err := model.Read(header.Meta)
	if err != nil {
		t.Fatal(err)
	}
	b, weights := ref.New(), model.Source{}
	for _, x := range header.Tensors {
		if weights[x.Name], err = b.Stream(f, x.Offset, x.Name, x.Type, x.Dims...); err != nil {
			t.Fatal(err)
		}
	}
	m, err := model.New(t.Context(), b, family, weights, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return b, m
}

func logits(t testing.TB, b *ref.Backend, m *model.Model) []float32 {
	t.Helper()
	x := make([]float32, m.Config().VocabSize)
	data, err := ops.Read(t.Context(), b, m.Logits(), 0, 4*len(x))
	if err != nil {
		t.Fatal(err)
	}
	quant.Dequantize(quant.F32, x, data)
	return x
}

// The reference reads a virtual file without storing it, and its results are finite and of ordinary size.
func TestReferenceRunsAVirtualModel(t *testing.T) {
	for _, types := range virtual.AllTypes() {
		b, m := read(t, virtual.New(miniature, types, 1), model.Options{Context: 64})
		if err := m.Prefill(t.Context(), []int32{400, 17, 80, 301, 255, 3}); err != nil {
			t.Fatal(err)
		}
		var answer []uint32
		for range 4 {
			x := logits(t, b, m)
			first, second := topTwo(x)
			t.Logf("%s: logits of size %.2f, best %.2f, next %.2f", types.Name, rootMeanSquare(x), first, second)
			if rootMeanSquare(x) < 2 || rootMeanSquare(x) > 8 || first == second {
				t.Errorf("%s: logits of size %g, best %g, next %g", types.Name, rootMeanSquare(x), first, second)
			}
			data, _ := ops.Read(t.Context(), b, m.Next(), 0, 4)
			answer = append(answer, uint32(data[0])|uint32(data[1])<<8)
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Sort(answer); len(slices.Compact(answer)) < 3 {
			t.Errorf("%s: the answer is %v", types.Name, answer)
		}
	}
}

func rootMeanSquare(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)))
}

func topTwo(x []float32) (first, second float32) {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[len(x)-1], sorted[len(x)-2]
}

// BenchmarkReferenceToken measures a token of a model of full width on the CPU reference, with streamed matrices:
// minutes for all of Scout. Run one with -benchtime 1x.
func BenchmarkReferenceToken(b *testing.B) {
	for _, m := range []virtual.Model{virtual.Scout().FirstLayers(4), virtual.Scout()} {
		b.Run(m.Name, func(b *testing.B) {
			backend, model := read(b, virtual.New(m, virtual.UDQ2KXL(), 1), model.Options{Context: 16, BatchSize: 1})
			b.ResetTimer()
			for i := range b.N {
				if err := model.Prefill(b.Context(), []int32{int32(200000 + i%8)}); err != nil {
					b.Fatal(err)
				}
			}
			x := logits(b, backend, model)
			first, second := topTwo(x)
			b.Logf("logits of size %.2f, best %.2f, next %.2f", rootMeanSquare(x), first, second)
		})
	}
}
