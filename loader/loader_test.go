package loader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// ignorePieces is a PieceFunc that does nothing.
func ignorePieces(gguf.Tensor, int64, Blob) error { return nil }

func newStore() *store.Memory { return store.NewMemory(math.MaxInt64 / 2) }

// bigModel is a model of about 70 MB. Its largest tensor has three pieces and is in four chunks.
var bigModel = sync.OnceValue(func() []byte {
	w := &gguf.Writer{}
	w.Set("general.architecture", "llama")
	add := func(name string, t quant.Type, dims ...int) {
		w.Add(name, t, dims, randomWeights(t, t.RowBytes(dims[0])*dims[1], uint64(len(name))))
	}
	add("token_embd.weight", quant.Q6_K, 256*7, 30000)
	add("blk.0.attn_norm.weight", quant.F32, 300, 1)
	add("blk.0.ffn_up.weight", quant.Q4_0, 32*64, 20000)
	return w.Bytes()
})

// smallModel is a model of a few hundred bytes; pairs are metadata keys and values.
func smallModel(tensor string, pairs ...any) []byte {
	w := &gguf.Writer{}
	for i := 0; i < len(pairs); i += 2 {
		w.Set(pairs[i].(string), pairs[i+1])
	}
	w.Add(tensor, quant.F32, []int{8}, randomWeights(quant.F32, 32, 1))
	return w.Bytes()
}

func splitModel() fetch.Memory {
	m := fetch.Memory{}
	for i := range 3 {
		m[fmt.Sprintf("big-0000%d-of-00003.gguf", i+1)] = smallModel(fmt.Sprintf("blk.%d.attn_norm.weight", i),
			"split.no", uint16(i), "split.count", uint16(3), "split.tensors.count", int32(3))
	}
	return m
}

func randomBytes(n int, seed uint64) []byte {
	var key [32]byte
	key[0] = byte(seed)
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

// randomWeights returns random blocks of a type in which every number is finite.
func randomWeights(t quant.Type, n int, seed uint64) []byte {
	b := randomBytes(n, seed)
	for block := 0; block < n; block += t.BlockBytes() {
		for _, float := range t.Floats() {
			b[block+float.At+1] &= 0x3F // the highest bits of the exponent
		}
	}
	return b
}

func mustOpen(t *testing.T, location fetch.Location, name string, st store.Store) *Model {
	t.Helper()
	m, err := Open(t.Context(), location, name, st, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func wantError(t *testing.T, err error, code errs.Code, says string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code || !strings.Contains(errs.Of(err).Message, says) {
		t.Errorf("got %v (%s), want %s with %q", err, errs.Of(err).Code, code, says)
	}
}

func TestOpenReadsOnlyTheHeader(t *testing.T) {
	st := newStore()
	m := mustOpen(t, fetch.Memory{"m.gguf": bigModel()}, "m.gguf", st)
	if len(m.File.Tensors) != 3 || m.Bytes() != int64(len(bigModel())) || m.Name != "m.gguf" {
		t.Errorf("%d tensors, %d bytes, name %q", len(m.File.Tensors), m.Bytes(), m.Name)
	}
	if f, _, _ := st.Find(t.Context(), m.ID); f.Stored() != store.ChunkBytes {
		t.Errorf("%d bytes stored for the header", f.Stored())
	}
}

func TestOpenFindsAllPartsOfASplitModel(t *testing.T) {
	m := mustOpen(t, splitModel(), "big-00001-of-00003.gguf", newStore())
	last, ok := m.File.Tensor("blk.2.attn_norm.weight")
	if !ok || last.Part != 2 || len(m.parts) != 3 {
		t.Errorf("%+v %v, %d parts", last, ok, len(m.parts))
	}
}

func TestOpenRefusesBadSplits(t *testing.T) {
	missing, renamed, mixed := splitModel(), splitModel(), splitModel()
	delete(missing, "big-00003-of-00003.gguf")
	renamed["renamed.gguf"] = renamed["big-00001-of-00003.gguf"]
	renamed["big-00001-of-00002.gguf"] = renamed["big-00001-of-00003.gguf"]
	mixed["big-00002-of-00003.gguf"] = mixed["big-00003-of-00003.gguf"]
	for name, c := range map[string]struct {
		files fetch.Memory
		open  string
		code  errs.Code
		says  string
	}{
		"a part is missing":  {missing, "big-00001-of-00003.gguf", errs.NotFound, "big-00003-of-00003.gguf"},
		"not the first part": {splitModel(), "big-00002-of-00003.gguf", errs.BadHeader, "open big-00001-of-00003.gguf"},
		"renamed":            {renamed, "renamed.gguf", errs.BadHeader, "model-00001-of-00003.gguf"},
		"misnamed":           {renamed, "big-00001-of-00002.gguf", errs.BadHeader, "model-00001-of-00003.gguf"},
		"mixed up":           {mixed, "big-00001-of-00003.gguf", errs.BadHeader, "part 2 of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.files, c.open, newStore(), nil)
			wantError(t, err, c.code, c.says)
		})
	}
}

func TestOpenDeletesFilesThatAreNotModels(t *testing.T) {
	complete := smallModel("t")
	for name, c := range map[string]struct {
		file []byte
		code errs.Code
	}{
		"a web page":       {[]byte("<!DOCTYPE html>" + strings.Repeat(" ", 5000)), errs.NotGGUF},
		"an empty file":    {nil, errs.NotGGUF},
		"truncated header": {complete[:40], errs.Truncated},
		"truncated data":   {complete[:len(complete)-8], errs.Truncated},
		"absurd count":     {append([]byte("GGUF\x03\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 80)...), errs.BadHeader},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			_, err := Open(t.Context(), fetch.Memory{"m.gguf": c.file}, "m.gguf", st, nil)
			wantError(t, err, c.code, "m.gguf: ")
			if files, _ := st.List(t.Context()); len(files) != 0 {
				t.Errorf("the store still has %+v", files)
			}
		})
	}
}

func TestAPickedFileReplacesNoOtherOfItsName(t *testing.T) {
	st := newStore()
	old := mustOpen(t, fetch.Memory{"m.gguf": smallModel("old")}, "m.gguf", st)
	other := fetch.Memory{"m.gguf": smallModel("new", "general.name", "a longer file")}
	_, err := Open(t.Context(), other, "m.gguf", st, nil)
	wantError(t, err, errs.FileChanged, "m.gguf: another file is stored under this name; nothing was deleted")
	if file, _, _ := st.Find(t.Context(), old.ID); !file.Complete() {
		t.Error("the stored file was deleted")
	}
	if err := Delete(t.Context(), old.ID, st); err != nil {
		t.Fatal(err)
	}
	m := mustOpen(t, other, "m.gguf", st)
	if _, ok := m.File.Tensor("new"); !ok {
		t.Errorf("opened %+v", m.File.Tensors)
	}
}

func TestLoadReadsEveryTensorCompletelyAndInOrder(t *testing.T) {
	st := newStore()
	m := mustOpen(t, fetch.Memory{"m.gguf": bigModel()}, "m.gguf", st)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	var order []string
	reversed := slices.Clone(m.File.Tensors)
	slices.Reverse(reversed)
	err := m.Load(t.Context(), reversed, func(tensor gguf.Tensor, offset int64, b Blob) error {
		unit := int64(2 * tensor.Type.BlockBytes())
		if end := offset + b.Len(); b.Len() > 16<<20 || offset%unit != 0 || end != tensor.Size && end%unit != 0 {
			t.Errorf("%s: piece %d+%d of %d", tensor.Name, offset, b.Len(), tensor.Size)
		}
		if offset != int64(len(got[tensor.Name])) {
			t.Errorf("%s: piece at %d after %d bytes", tensor.Name, offset, len(got[tensor.Name]))
		}
		if offset == 0 {
			order = append(order, tensor.Name)
		}
		got[tensor.Name] = append(got[tensor.Name], b.Copy()...)
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, tensor := range m.File.Tensors {
		if !bytes.Equal(got[tensor.Name], bigModel()[tensor.Offset:tensor.Offset+tensor.Size]) {
			t.Errorf("the bytes of %s differ from the file", tensor.Name)
		}
		if order[i] != tensor.Name {
			t.Errorf("order %v is not that of the file", order)
		}
	}
}

func TestLoadReadsTheRightPart(t *testing.T) {
	files := splitModel()
	m := mustOpen(t, files, "big-00001-of-00003.gguf", newStore())
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	loaded := 0
	err := m.Load(t.Context(), m.File.Tensors, func(tensor gguf.Tensor, _ int64, b Blob) error {
		loaded++
		file := files[m.parts[tensor.Part].name]
		if !bytes.Equal(b.Copy(), file[tensor.Offset:tensor.Offset+tensor.Size]) {
			t.Errorf("the bytes of %s differ from the file", tensor.Name)
		}
		return nil
	}, nil)
	if err != nil || loaded != 3 {
		t.Errorf("%d tensors, %v", loaded, err)
	}
}

// countingStore counts the bytes read and the Blobs that have not been released.
type countingStore struct {
	store.Store
	mu      sync.Mutex
	open    int
	maxOpen int
	bytes   int64
}

type countedBlob struct {
	Blob
	s *countingStore
}

func (s *countingStore) Read(ctx context.Context, id string, offset, n int64) (Blob, error) {
	b, err := s.Store.Read(ctx, id, offset, n)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	s.bytes += n
	s.maxOpen = max(s.maxOpen, s.open)
	return countedBlob{b, s}, nil
}

func (b countedBlob) Release() {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.open--
}

// manyTensors returns a downloaded model of 40 tensors of one piece each, and its store.
func manyTensors(t *testing.T) (*Model, *countingStore) {
	w := &gguf.Writer{}
	for i := range 40 {
		w.Add(fmt.Sprint("t", i), quant.F32, []int{1000}, make([]byte, 4000))
	}
	s := &countingStore{Store: newStore()}
	m := mustOpen(t, fetch.Memory{"m.gguf": w.Bytes()}, "m.gguf", s)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	return m, s
}

func TestLoadReadsAFewPiecesAheadAndReleasesAllBlobs(t *testing.T) {
	m, s := manyTensors(t)
	s.maxOpen = 0
	if err := m.Load(t.Context(), m.File.Tensors, ignorePieces, nil); err != nil {
		t.Fatal(err)
	}
	if s.open != 0 || s.maxOpen > readAhead+1 {
		t.Errorf("%d blobs still open, at most %d at once", s.open, s.maxOpen)
	}
}

func TestLoadStopsWhenTheCallbackFails(t *testing.T) {
	m, s := manyTensors(t)
	lost := errors.New("device lost")
	calls := 0
	err := m.Load(t.Context(), m.File.Tensors, func(gguf.Tensor, int64, Blob) error {
		if calls++; calls == 3 {
			return lost
		}
		return nil
	}, nil)
	if err != lost || calls != 3 || s.open != 0 {
		t.Errorf("%v after %d calls, %d blobs open", err, calls, s.open)
	}
}

func TestLoadStopsWhenItsContextEnds(t *testing.T) {
	m, s := manyTensors(t)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := m.Load(ctx, m.File.Tensors, func(gguf.Tensor, int64, Blob) error {
		calls++
		cancel()
		return nil
	}, nil)
	wantError(t, err, errs.Aborted, "stopped")
	if calls > readAhead+2 || s.open != 0 {
		t.Errorf("%d calls after ctx ended, %d blobs open", calls, s.open)
	}
}

func TestLoadRefusesUnsupportedTypesBeforeReading(t *testing.T) {
	m, s := manyTensors(t)
	s.bytes = 0
	tensors := append(slices.Clone(m.File.Tensors), gguf.Tensor{Name: "blk.0.ffn_up.weight", Type: 16, Size: 66})
	err := m.Load(t.Context(), tensors, ignorePieces, nil)
	wantError(t, err, errs.UnsupportedTensorType, "IQ2_XXS")
	if s.bytes != 0 {
		t.Errorf("%d bytes were read", s.bytes)
	}
}

func TestLoadFetchesChunksThatAreNotStored(t *testing.T) {
	m := mustOpen(t, fetch.Memory{"m.gguf": bigModel()}, "m.gguf", newStore())
	n := int64(0)
	count := func(_ gguf.Tensor, _ int64, b Blob) error { n += b.Len(); return nil }
	err := m.Load(t.Context(), m.File.Tensors[:1], count, nil)
	if err != nil || n != m.File.Tensors[0].Size || m.MissingBytes(nil) == 0 {
		t.Errorf("%d bytes, %d missing, %v", n, m.MissingBytes(nil), err)
	}
}

func TestListAndDeleteTreatASplitModelAsOne(t *testing.T) {
	st := newStore()
	m := mustOpen(t, splitModel(), "big-00001-of-00003.gguf", st)
	single := mustOpen(t, fetch.Memory{"m.gguf": bigModel()}, "m.gguf", st)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	models, err := List(t.Context(), st)
	want := []StoredModel{
		{ID: m.ID, Name: "big-00001-of-00003.gguf", Bytes: m.Bytes(), StoredBytes: m.Bytes(), Complete: true},
		{ID: single.ID, Name: "m.gguf", Bytes: single.Bytes(), StoredBytes: store.ChunkBytes},
	}
	if err != nil || !slices.Equal(models, want) {
		t.Errorf("got %+v %v, want %+v", models, err, want)
	}
	if err := st.Delete(t.Context(), "local:big-00002-of-00003.gguf"); err != nil {
		t.Fatal(err)
	}
	if models, _ := List(t.Context(), st); models[0].Complete {
		t.Error("complete without its second part")
	}
	if err := Delete(t.Context(), m.ID, st); err != nil {
		t.Fatal(err)
	}
	if files, _ := st.List(t.Context()); len(files) != 1 || files[0].ID != single.ID {
		t.Errorf("stored after Delete: %+v", files)
	}
}
