package gpu

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/gpu/device"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

var allTypes = []quant.Type{
	quant.F32, quant.F16, quant.BF16, quant.Q4_0, quant.Q4_1, quant.Q8_0,
	quant.Q2_K, quant.Q3_K, quant.Q4_K, quant.Q5_K, quant.Q6_K,
}

// Three matrices with an odd number of blocks each, so that uploads of two blocks begin in the middle of a pair of
// scales.
func TestUploadPacksEveryMatrixOfEveryType(t *testing.T) {
	b := open(t)
	defer b.Close()
	for _, typ := range allTypes {
		for _, units := range []int{1, 2, 100} {
			t.Run(fmt.Sprintf("%v in uploads of %d units", typ, units), func(t *testing.T) {
				width := max(typ.BlockWeights(), 4)
				w := alloc(t, b, typ, width, 3, 3)
				defer b.Free(w)
				file := randomBytes(typ.RowBytes(width * 9))
				upload(t, b, w, units, file)
				comparePacked(t, b, w, file)
			})
		}
	}
}

// More bytes than one write to the queue copies, and not a multiple of that.
func TestUploadOfManyMegabytes(t *testing.T) {
	b := open(t)
	defer b.Close()
	for _, typ := range []quant.Type{quant.Q8_0, quant.Q4_1} {
		rows := device.MaxWriteBytes/typ.RowBytes(1024) + 3
		w := alloc(t, b, typ, 1024, rows)
		file := randomBytes(typ.RowBytes(1024 * rows))
		must(t, b.Upload(w, 0, ops.Bytes(file)))
		comparePacked(t, b, w, file)
		b.Free(w)
	}
}

func TestWriteOfManyMegabytes(t *testing.T) {
	b := open(t)
	defer b.Close()
	x := alloc(t, b, quant.F32, device.MaxWriteBytes/4+4)
	data := randomBytes(device.MaxWriteBytes + 16)
	must(t, b.Write(x, 0, data))
	got, err := ops.Read(context.Background(), b, x, device.MaxWriteBytes-16, 32)
	must(t, err)
	if want := data[device.MaxWriteBytes-16:]; string(got) != string(want) {
		t.Errorf("around the end of one write to the queue: % x, want % x", got, want)
	}
}

func TestUploadFillsTheLastWordWithZeros(t *testing.T) {
	b := open(t)
	defer b.Close()
	w := alloc(t, b, quant.F16, 3, 3)
	file := randomBytes(18)
	must(t, b.Upload(w, 0, ops.Bytes(file)))
	comparePacked(t, b, w, file)
}

func TestUploadRefusesRangesThatDoNotFit(t *testing.T) {
	b := open(t)
	defer b.Close()
	w := alloc(t, b, quant.Q8_0, 32, 8)
	for _, c := range []struct {
		name   string
		offset int64
		bytes  int
	}{
		{"beginning within a unit", 34, 68},
		{"ending within a unit", 0, 34},
		{"beyond the end", 4 * 68, 68},
	} {
		if err := b.Upload(w, c.offset, ops.Bytes(make([]byte, c.bytes))); errs.Of(err).Code != errs.Internal {
			t.Errorf("%s: %v, want an internal error", c.name, err)
		}
	}
	if err := b.Upload(w, 0, foreign{}); err == nil {
		t.Error("a blob without bytes was uploaded")
	}
}

// foreign is a blob of a kind that no backend accepts.
type foreign struct{}

func (foreign) Len() int64 { return 68 }
func (foreign) Release()   {}

func upload(t testing.TB, b *Backend, w *ops.Tensor, units int, file []byte) {
	t.Helper()
	step := units * ops.UploadUnit(w)
	for at := 0; at < len(file); at += step {
		must(t, b.Upload(w, int64(at), ops.Bytes(file[at:min(at+step, len(file))])))
	}
}

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// comparePacked compares the device's copy of w with the file's bytes as packed by a simple implementation.
func comparePacked(t *testing.T, b *Backend, w *ops.Tensor, file []byte) {
	t.Helper()
	n := int(deviceBytes(w))
	got, err := b.dev.ReadBack([]device.Range{{Buffer: bufferOf(w), N: n}}, 0, n).Wait(context.Background())
	must(t, err)
	want := packed(w, file)
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%v: byte %d of %d is %#x, want %#x", w, i, len(want), got[i], want[i])
		}
	}
}

func packed(w *ops.Tensor, file []byte) []byte {
	layout, ok := repacked[w.Type]
	if !ok {
		return append(file, make([]byte, int(deviceBytes(w))-len(file))...)
	}
	size := w.Type.BlockBytes()
	numBlocks := len(file) / size / matrices(w)
	var out []byte
	for m := range matrices(w) {
		var bodies, scales []byte
		for i := range numBlocks {
			block := file[(m*numBlocks+i)*size:][:size]
			d, body := block[:2], block[2:]
			if layout.scaleLast {
				d, body = block[size-2:], block[:size-2]
			}
			bodies, scales = append(bodies, body...), append(scales, d...)
		}
		out = append(append(out, bodies...), scales...)
		out = append(out, make([]byte, -len(out)&15)...)
	}
	return out
}

func TestPackedPutsBodiesBeforeScales(t *testing.T) {
	w := &ops.Tensor{Type: quant.Q8_0, Shape: ops.Shape{64, 3}}
	file := make([]byte, 6*34)
	for i := range 6 {
		binary.LittleEndian.PutUint16(file[34*i:], uint16(0x5000+i))
		for j := range 32 {
			file[34*i+2+j] = byte(i)
		}
	}
	p := packingOf(w)
	if p.body != 8 || p.scales != 48 || p.stride != 52 || p.numBlocks != 6 {
		t.Errorf("packing %+v", p)
	}
	got := wordsOf(packed(w, file))
	if got[47] != 0x05050505 || got[48] != 0x50015000 || got[50] != 0x50055004 || got[51] != 0 {
		t.Errorf("words %x", got[46:])
	}
}
