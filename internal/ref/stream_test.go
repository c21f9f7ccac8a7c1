package ref

import (
	"bytes"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// product returns the product of a matrix [32, 4] with a vector, and row 2 of the matrix.
func product(t *testing.T, b *Backend, w *ops.Tensor) (dst, row []float32) {
	t.Helper()
	x, _ := b.Alloc("x", quant.F32, 32, 1)
	y, _ := b.Alloc("y", quant.F32, 4, 1)
	r, _ := b.Alloc("r", quant.F32, 32, 1)
	ids, _ := b.Alloc("ids", quant.U32, 1)
	for i := range floats(x) {
		floats(x)[i] = float32(i) - 7
	}
	words(ids)[0] = 2
	p, _ := b.Record("product", func() {
		b.MulMatVec(ops.Product{Dst: y, X: x, W: []*ops.Tensor{w}})
		b.GetRows(r, w, ids)
	})
	p.Run()
	return floats(y), floats(r)
}

func TestStreamedWeightsEqualThoseInMemory(t *testing.T) {
	for _, typ := range []quant.Type{quant.Q8_0, quant.F32, quant.F16} {
		weights := make([]float32, 4*32)
		for i := range weights {
			weights[i] = float32(i%13) - 6
		}
		data := make([]byte, typ.RowBytes(len(weights)))
		quant.Quantize(typ, data, weights)
		b := New()
		held, _ := b.Alloc("w", typ, 32, 4)
		b.Upload(held, 0, ops.Bytes(data))
		streamed, err := b.Stream(bytes.NewReader(append([]byte("before"), data...)), 6, "w", typ, 32, 4)
		if err != nil {
			t.Fatal(err)
		}
		wantY, wantRow := product(t, b, held)
		gotY, gotRow := product(t, b, streamed)
		for i := range wantY {
			if gotY[i] != wantY[i] {
				t.Errorf("%v: element %d is %g, want %g", typ, i, gotY[i], wantY[i])
			}
		}
		for i := range wantRow {
			if gotRow[i] != wantRow[i] {
				t.Errorf("%v: row element %d is %g, want %g", typ, i, gotRow[i], wantRow[i])
			}
		}
	}
}

func TestAStreamThatEndsTooEarlyFails(t *testing.T) {
	b := New()
	_, err := b.Stream(bytes.NewReader(nil), 0, "norm", quant.F32, 4)
	if err == nil || !strings.Contains(err.Error(), "norm") {
		t.Errorf("error is %v, want one that names the tensor", err)
	}
	w, _ := b.Stream(bytes.NewReader(make([]byte, 40)), 0, "w", quant.Q8_0, 32, 4)
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "w: ") {
			t.Errorf("panic is %v, want one that names the tensor", r)
		}
	}()
	row(w, 2, make([]float32, 32))
}
