package engine

import (
	"math"
	"testing"

	"github.com/outrider-web/outrider/internal/gpu"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// download stores a file in memory and opens it.
func download(t testing.TB, file []byte) *loader.Model {
	t.Helper()
	files, err := loader.Open(t.Context(), fetch.Memory{"model.gguf": file}, "model.gguf", store.NewMemory(math.MaxInt64),
		nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	return files
}

// open opens an engine with the bytes of a file.
func open(t testing.TB, b ops.Backend, file []byte, o Options) *Engine {
	t.Helper()
	files := download(t, file)
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	e, err := plan.Open(t.Context(), b, files, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// onGPU returns the GPU of this machine. The test fails if there is none.
func onGPU(t testing.TB) ops.Backend {
	t.Helper()
	b, err := gpu.New(t.Context(), gpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// small is a model that is fast on the CPU reference.
var small = tiny.Llama{Seed: 3, Type: quant.Q8_0, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2, FeedForward: 96,
	ContextSize: 60}

func openSmall(t *testing.T) *Engine { return open(t, ref.New(), small.GGUF(), Options{}) }

// logits returns the logits of the last token that was computed.
func logits(t *testing.T, e *Engine) []float32 {
	t.Helper()
	x := make([]float32, e.Config().VocabSize)
	data, err := ops.Read(t.Context(), e.backend, e.model.Logits(), 0, quant.F32.RowBytes(len(x)))
	if err != nil {
		t.Fatal(err)
	}
	quant.Dequantize(quant.F32, x, data)
	return x
}
