package llama4

import (
	"os"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/loader/gguf"
)

const goldens = "../../../testdata/golden/llama4/"

// names are the golden files of text: {every layer MoE, every second} × {QK norm or not} × {rope high 1, 4}, another
// head dimension, and two experts for each token.
var names = []string{
	"interleave1-qknorm-high1", "interleave1-qknorm-high4", "interleave1-nonorm-high1", "interleave1-nonorm-high4",
	"interleave2-qknorm-high1", "interleave2-qknorm-high4", "interleave2-nonorm-high1", "interleave2-nonorm-high4",
	"headdim24", "interleave1-top2",
}

// openGolden returns a golden file and the model file that it was computed with.
func openGolden(t *testing.T, name string) (*golden.File, []byte) {
	t.Helper()
	g, err := golden.Open(goldens + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	weights, _, _ := strings.Cut(name, "-")
	file, err := os.ReadFile(goldens + weights + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Patch(file); err != nil {
		t.Fatal(err)
	}
	return g, file
}

func header(t *testing.T, file []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(int64(len(file)), func(n int64) ([]byte, error) { return file[:n], nil })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// upload copies the tensors of a file to a backend.
func upload(t *testing.T, b ops.Backend, file []byte) model.Source {
	t.Helper()
	source := model.Source{}
	for _, x := range header(t, file).Tensors {
		w, err := b.Alloc(x.Name, x.Type, x.Dims...)
		if err == nil {
			err = b.Upload(w, 0, ops.Bytes(file[x.Offset:x.Offset+x.Size]))
		}
		if err != nil {
			t.Fatal(err)
		}
		source[x.Name] = w
	}
	return source
}

func familyOf(t *testing.T, file []byte) *family {
	t.Helper()
	f, err := model.Read(header(t, file).Meta)
	if err != nil {
		t.Fatal(err)
	}
	return f.(*family)
}

// build returns a model on the CPU reference, with keys and values in F32.
func build(t *testing.T, file []byte, o model.Options) *model.Model {
	t.Helper()
	return buildOn(t, ref.New(), familyOf(t, file), file, o)
}

func buildOn(t *testing.T, b ops.Backend, f model.Family, file []byte, o model.Options) *model.Model {
	t.Helper()
	o.CacheF32 = true
	m, err := model.New(t.Context(), b, f, upload(t, b, file), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// prefill computes tokens and returns the logits of the last.
func prefill(t *testing.T, m *model.Model, tokens []int32) []float32 {
	t.Helper()
	if err := m.Prefill(t.Context(), tokens); err != nil {
		t.Fatal(err)
	}
	return logits(t, m)
}

func logits(t *testing.T, m *model.Model) []float32 {
	t.Helper()
	return floats(t, m.Logits())
}

func floats(t *testing.T, x *ops.Tensor) []float32 {
	t.Helper()
	data, err := ops.Read(t.Context(), ref.New(), x, 0, quant.F32.RowBytes(x.Shape.Elems()))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]float32, x.Shape.Elems())
	quant.Dequantize(quant.F32, numbers, data)
	return numbers
}

// next returns the token that Decode will read.
func next(t *testing.T, m *model.Model) int32 {
	t.Helper()
	data, err := ops.Read(t.Context(), ref.New(), m.Next(), 0, 4)
	if err != nil {
		t.Fatal(err)
	}
	return int32(le.Uint32(data))
}

func near(t *testing.T, what string, got, want []float32, limit float64) {
	t.Helper()
	if d := golden.Compare(got, want); d.NMSE > limit {
		t.Errorf("%s: %v; limit %g", what, d, limit)
	}
}
