package gguf

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

func mustParse(t *testing.T, file []byte) *File {
	t.Helper()
	f, err := Parse(file, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseReadsWhatWriterWrote(t *testing.T) {
	file := tinyModel()
	f := mustParse(t, file)
	want := []Tensor{
		{Name: "token_embd.weight", Type: quant.F32, Dims: []int{4, 3}, Offset: f.DataStart, Size: 48},
		{Name: "blk.0.attn_q.weight", Type: quant.Q4_0, Dims: []int{32, 2}, Offset: f.DataStart + 64, Size: 36},
		{Name: "output_norm.weight", Type: quant.F32, Dims: []int{4}, Offset: f.DataStart + 128, Size: 16},
	}
	if f.Version != 3 || !reflect.DeepEqual(f.Tensors, want) {
		t.Errorf("version %d, tensors %v, want 3, %v", f.Version, f.Tensors, want)
	}
	if end := f.DataStart + 160; f.DataStart%32 != 0 || f.HeaderSize > f.DataStart || int64(len(file)) != end {
		t.Errorf("header %d, data from %d, file %d bytes", f.HeaderSize, f.DataStart, len(file))
	}
	if q, ok := f.Tensor("blk.0.attn_q.weight"); !ok || !reflect.DeepEqual(q, want[1]) {
		t.Errorf("Tensor returned %v %v", q, ok)
	}
	if _, ok := f.Tensor("blk.1.attn_q.weight"); ok {
		t.Error("found a tensor that is not in the file")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, b := range bad {
		t.Run(b.name, func(t *testing.T) {
			f, err := Parse(b.file, int64(len(b.file)))
			if err == nil {
				t.Fatalf("accepted: %+v", f)
			}
			if e := errs.Of(err); e.Code != b.code || !strings.Contains(e.Message, b.says) {
				t.Errorf("got %s: %v\nwant %s: … %s …", e.Code, err, b.code, b.says)
			}
		})
	}
}

func TestParseRefusesTooLongAHeader(t *testing.T) {
	h := newHeader(3, 0, 3).record("a", kindArray, kindUint8, uint64(maxHeader-8)).Bytes()
	size := int64(1) << 40
	if _, err := Parse(h, size); errs.Of(err).Code != errs.BadHeader {
		t.Errorf("got %v, want bad_header before more bytes are requested", err)
	}
}

// Go has 256 MB in a browser. What is allocated in all is an upper bound of what is needed at once.
func TestNoHeaderTakesMoreThan256MB(t *testing.T) {
	const allowed = maxHeader - 100
	long := func(n int) (uint64, string) { return uint64(n), strings.Repeat("y", n) }
	emptyStrings := func(n int) []byte {
		b := newHeader(3, 0, 1).record("tokenizer.ggml.tokens", kindArray, kindString, uint64(n)).Bytes()
		return append(b, make([]byte, 8*n)...)
	}
	for _, c := range []struct {
		name   string
		header []byte
		code   errs.Code
	}{
		{"empty strings", emptyStrings(allowed / 8), ""},
		{"a long string", newHeader(3, 0, 1).record("s", kindString).text(long(allowed - 40)).Bytes(), ""},
		{"120 MB of empty strings", emptyStrings(15_000_000), errs.BadHeader},
		{"two strings of 60 MB", newHeader(3, 0, 2).record("a", kindString).text(long(60<<20)).
			record("b", kindString).text(long(60 << 20)).Bytes(), errs.BadHeader},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(int64(len(c.header)), func(n int64) ([]byte, error) { return bytes.Clone(c.header[:n]), nil })
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 230 {
			t.Errorf("%s: %d MB of header take %d MB", c.name, len(c.header)>>20, took)
		}
		if err == nil && c.code != "" || err != nil && errs.Of(err).Code != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func TestParseAcceptsVersion2AndOddButValidFiles(t *testing.T) {
	files := map[string][]byte{
		"version 2":              newHeader(2, 1, 0).tensor("t", quant.F32, 0, 1).pad(64).Bytes(),
		"an empty header":        newHeader(3, 0, 0).Bytes(),
		"metadata without data":  newHeader(3, 0, 1).record("a", kindUint8, uint8(1)).Bytes(),
		"a tensor of no dims":    newHeader(3, 1, 0).tensor("t", quant.F32, 0).pad(4).Bytes(),
		"an unknown tensor type": newHeader(3, 1, 0).tensor("t", 77, 0, 5).pad(64).Bytes(),
		"alignment of 64": newHeader(3, 1, 1).record("general.alignment", kindUint32, uint32(64)).
			tensor("t", quant.F32, 64, 1).pad(128).Bytes(),
		"an array without values": newHeader(3, 0, 1).record("a", kindArray, kindString, uint64(0)).Bytes(),
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) { mustParse(t, file) })
	}
}

func TestAlignmentMovesTheData(t *testing.T) {
	f := mustParse(t, newHeader(3, 1, 1).record("general.alignment", kindUint32, uint32(256)).
		tensor("t", quant.F32, 256, 1).pad(600).Bytes())
	if f.DataStart != 256 || f.Tensors[0].Offset != 512 {
		t.Errorf("data from %d, tensor at %d, want 256 and 512", f.DataStart, f.Tensors[0].Offset)
	}
}

func TestMetaReadsNumbersOfAnyWidth(t *testing.T) {
	w := &Writer{}
	w.Set("u8", uint8(200))
	w.Set("i8", int8(-3))
	w.Set("u16", uint16(60000))
	w.Set("i16", int16(-300))
	w.Set("u32", uint32(1<<31))
	w.Set("i32", int32(7))
	w.Set("u64", uint64(1<<63))
	w.Set("i64", int64(-1))
	w.Set("f32", float32(0.5))
	w.Set("f64", 1e-300)
	w.Set("bool", true)
	w.Set("text", "Grüße")
	m := mustParse(t, w.Bytes()).Meta
	const absent = 99
	for key, want := range map[string]uint64{
		"u8": 200, "i8": absent, "u16": 60000, "i16": absent, "u32": 1 << 31, "i32": 7, "u64": 1 << 63, "i64": absent,
		"f32": absent, "bool": absent, "text": absent, "nothing": absent,
	} {
		if got := m.Uint(key, absent); got != want {
			t.Errorf("Uint(%s) = %d, want %d", key, got, want)
		}
	}
	for key, want := range map[string]float64{
		"f32": 0.5, "f64": 1e-300, "u8": 200, "i8": -3, "i16": -300, "u64": 1 << 63, "i64": -1,
		"bool": absent, "text": absent,
	} {
		if got := m.Float(key, absent); got != want {
			t.Errorf("Float(%s) = %g, want %g", key, got, want)
		}
	}
	if m.String("text", "") != "Grüße" || m.String("u8", "none") != "none" {
		t.Errorf("String returned %q, %q", m.String("text", ""), m.String("u8", "none"))
	}
	if !m.Bool("bool", false) || !m.Bool("u8", true) || m.Bool("nothing", false) {
		t.Error("Bool is wrong")
	}
	if !m.Has("i8") || m.Has("nothing") || len(m.Keys()) != 12 || m.Keys()[0] != "u8" {
		t.Errorf("Has or Keys is wrong: %v", m.Keys())
	}
}

func TestMetaReadsArrays(t *testing.T) {
	w := &Writer{}
	w.Set("tokens", []string{"<s>", "", "Ġthe", "\xff"})
	w.Set("types", []int32{1, -3, 6})
	w.Set("wide", []uint64{1 << 40})
	w.Set("narrow", []int8{-1, 1})
	w.Set("flags", []bool{true, false})
	w.Set("scores", []float32{-0.5, 2})
	w.Set("exact", []float64{1e-300})
	w.Set("scalar", int32(4))
	m := mustParse(t, w.Bytes()).Meta
	tokens := m.Strings("tokens")
	var got []string
	for i := range tokens.Len() {
		got = append(got, tokens.At(i))
	}
	if !reflect.DeepEqual(got, []string{"<s>", "", "Ġthe", "\xff"}) {
		t.Errorf("Strings returned %q", got)
	}
	for key, want := range map[string][]int64{
		"types": {1, -3, 6}, "wide": {1 << 40}, "narrow": {-1, 1}, "flags": {1, 0},
		"scores": nil, "tokens": nil, "scalar": nil, "nothing": nil,
	} {
		if got := m.Ints(key); !reflect.DeepEqual(got, want) {
			t.Errorf("Ints(%s) = %v, want %v", key, got, want)
		}
	}
	for key, want := range map[string][]float64{
		"scores": {-0.5, 2}, "exact": {1e-300}, "types": {1, -3, 6}, "flags": nil, "tokens": nil, "scalar": nil,
	} {
		if got := m.Floats(key); !reflect.DeepEqual(got, want) {
			t.Errorf("Floats(%s) = %v, want %v", key, got, want)
		}
	}
	if m.Strings("types").Len() != 0 || m.Strings("nothing").Len() != 0 || m.Uint("types", 9) != 9 {
		t.Error("an array is accepted as another kind of value")
	}
}

func TestCheckRefusesTypesOutriderCannotCompute(t *testing.T) {
	for _, c := range []struct {
		t    quant.Type
		name string // "" when accepted
	}{{quant.F32, ""}, {quant.Q4_K, ""}, {16, "IQ2_XXS"}, {77, "type 77"}, {quant.U32, "type 65536"}} {
		err := Tensor{Name: "blk.0.ffn_up.weight", Type: c.t}.Check()
		if (err == nil) != (c.name == "") {
			t.Errorf("type %d: %v", c.t, err)
		}
		if e := (*errs.Error)(nil); errors.As(err, &e) && (e.Code != errs.UnsupportedTensorType ||
			!strings.Contains(e.Message, c.name) || !strings.Contains(e.Message, "blk.0.ffn_up.weight")) {
			t.Errorf("type %d: %s %v", c.t, e.Code, err)
		}
	}
}

func TestBlockSizesAgreeWithQuant(t *testing.T) {
	for id, b := range types {
		if !id.Known() {
			continue
		}
		if want := (block{id.String(), int64(id.BlockWeights()), int64(id.BlockBytes())}); b != want {
			t.Errorf("%d: %+v, package quant has %+v", id, b, want)
		}
	}
}

func TestReadRequestsMoreUntilTheHeaderIsComplete(t *testing.T) {
	w := &Writer{}
	w.Set("tokenizer.ggml.merges", []string{strings.Repeat("x", 40<<20)})
	file := append(w.Bytes(), make([]byte, 80<<20)...)
	var requested []int64
	f, err := Read(int64(len(file)), func(n int64) ([]byte, error) {
		requested = append(requested, n)
		return file[:n], nil
	})
	if err != nil || f.Meta.Strings("tokenizer.ggml.merges").Len() != 1 {
		t.Fatalf("%v %v", f, err)
	}
	if want := []int64{16 << 20, 32 << 20, 64 << 20}; !reflect.DeepEqual(requested, want) {
		t.Errorf("requested %v, want %v", requested, want)
	}
}

func TestReadNeverRequestsMoreThanTheFile(t *testing.T) {
	file := tinyModel()
	if _, err := Read(int64(len(file)), func(n int64) ([]byte, error) {
		if n > int64(len(file)) {
			t.Fatalf("requested %d of %d bytes", n, len(file))
		}
		return file[:n], nil
	}); err != nil {
		t.Error(err)
	}
}

func TestReadReturnsErrorsOfPrefixAndRefusesAShortOne(t *testing.T) {
	lost := errors.New("connection lost")
	if _, err := Read(1000, func(int64) ([]byte, error) { return nil, lost }); err != lost {
		t.Errorf("got %v", err)
	}
	file := tinyModel()
	if _, err := Read(int64(len(file)), func(int64) ([]byte, error) { return file[:50], nil }); err == nil {
		t.Error("a short prefix was accepted")
	}
}

func TestParseReturnsErrShortPrefixForEveryPrefix(t *testing.T) {
	file := tinyModel()
	f := mustParse(t, file)
	for n := range f.HeaderSize {
		if _, err := Parse(file[:n], int64(len(file))); !errors.Is(err, ErrShortPrefix) {
			t.Fatalf("Parse of the first %d bytes returned %v, want ErrShortPrefix", n, err)
		}
	}
	if _, err := Parse(file[:f.HeaderSize], int64(len(file))); err != nil {
		t.Errorf("Parse of the complete header returned %v", err)
	}
}

// FuzzParse checks that no file makes the parser panic, that every tensor of an accepted header is within the file, and
// that every error is ErrShortPrefix or has one of the three codes that Parse documents.
func FuzzParse(f *testing.F) {
	f.Add(tinyModel(), int64(0))
	f.Add(tinyModel()[:60], int64(1<<40))
	for _, b := range bad {
		f.Add(b.file, int64(0))
	}
	f.Fuzz(func(t *testing.T, prefix []byte, more int64) {
		size := int64(len(prefix)) + max(0, more)
		if size < 0 {
			return
		}
		file, err := Parse(bytes.Clone(prefix), size)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		for _, tensor := range file.Tensors {
			if tensor.Offset < file.DataStart || tensor.Size < 0 || tensor.Offset > size || tensor.Size > size-tensor.Offset {
				t.Errorf("tensor %+v outside a file of %d bytes", tensor, size)
			}
		}
		for _, key := range file.Meta.Keys() {
			for i, s := 0, file.Meta.Strings(key); i < s.Len(); i++ {
				_ = s.At(i)
			}
			file.Meta.Ints(key)
			file.Meta.Floats(key)
		}
		if parts, err := Merge([]*File{file}); err == nil && len(parts.Tensors) != len(file.Tensors) {
			t.Error("Merge lost tensors")
		}
	})
}

func checkRefusal(t *testing.T, err error) {
	switch errs.Of(err).Code {
	case errs.NotGGUF, errs.Truncated, errs.BadHeader:
	default:
		if !errors.Is(err, ErrShortPrefix) {
			t.Errorf("an error without a code: %v", err)
		}
	}
}
