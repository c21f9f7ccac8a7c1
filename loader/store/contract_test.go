package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
)

// A subject is a kind of store under test, with ways to make it fail.
type subject interface {
	Store

	// place offers files in the way this store can take them.
	place(files map[string][]byte) fetch.Location

	// kind is what holds the files under test.
	kind() Kind

	// setFull makes every later put fail for want of room, or ends that.
	setFull(t *testing.T, on bool)

	// corrupt replaces the stored bytes of a chunk behind the store's back; by fewer only if it is the file's last.
	corrupt(t *testing.T, id string, chunk int, bytes []byte)
}

// A file of the contract test: two chunks and a bit.
var contractFile = randomBytes(2*ChunkBytes + 12345)

func randomBytes(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// bench is a store with an open source in front of it.
type bench struct {
	subject
	t   *testing.T
	ctx context.Context
	id  string
	src fetch.Source
}

func newBench(t *testing.T, s subject) *bench {
	b := &bench{subject: s, t: t, ctx: t.Context()}
	place := s.place(map[string][]byte{"model.gguf": contractFile})
	b.id = place.ID("model.gguf")
	src, err := place.Open(b.ctx, "model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	b.src = src
	if _, err := s.Add(b.ctx, b.id, src.Info()); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Move(b.ctx, b.id, s.kind()); err != nil || f.Kind != s.kind() {
		t.Fatalf("moved to %q, not %q: %v", f.Kind, s.kind(), err)
	}
	t.Cleanup(func() {
		src.Close()
		if err := s.Delete(context.Background(), b.id); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) fill(chunks ...int) {
	b.t.Helper()
	for _, chunk := range chunks {
		if err := b.StoreChunk(b.ctx, b.id, chunk, b.src, func(int64) {}); err != nil {
			b.t.Fatalf("chunk %d: %v", chunk, err)
		}
	}
}

func (b *bench) find() File {
	b.t.Helper()
	f, ok, err := b.Find(b.ctx, b.id)
	if err != nil || !ok {
		b.t.Fatalf("Find: %v %v", ok, err)
	}
	return f
}

func (b *bench) wantRead(offset, n int64) {
	b.t.Helper()
	blob, err := b.Read(b.ctx, b.id, offset, n)
	if err != nil {
		b.t.Fatalf("Read(%d, %d): %v", offset, n, err)
	}
	defer blob.Release()
	if got := blob.Copy(); blob.Len() != n || !bytes.Equal(got, contractFile[offset:offset+n]) {
		b.t.Errorf("Read(%d, %d) gave %d other bytes", offset, n, len(got))
	}
}

func (b *bench) wantFault(err error, code errs.Code) {
	b.t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != code {
		b.t.Errorf("got %v, want a fault %s", err, code)
	}
}

// testContract holds a store to what Store promises.
func testContract(t *testing.T, s subject) {
	for name, test := range map[string]func(*bench){
		"a new file has no chunks":                     newFileIsEmpty,
		"a file is complete with its last chunk":       completeWithLastChunk,
		"bytes come back from within and across":       bytesComeBack,
		"the last chunk may come first":                lastChunkFirst,
		"a missing chunk is an error":                  missingChunkIsAnError,
		"bytes beyond the end are an error":            beyondTheEndIsAnError,
		"filling twice changes nothing":                fillTwice,
		"adding again forgets the chunks":              addAgainForgets,
		"delete forgets record and bytes":              deleteForgets,
		"a chunk of an unknown file is refused":        unknownFileIsRefused,
		"a full store keeps what it has":               fullStoreKeeps,
		"verify drops exactly the chunks that changed": verifyDropsChanged,
		"a shortened chunk is a fault and absent":      shortChunkIsAFault,
		"list gives every file":                        listGivesAll,
		"progress ends at the size of the chunk":       progressCounts,
		"an ended context stops a fill":                endedContextStops,
		"a file moves with what is stored of it":       moveKeeps,
		"reads may be under way together":              readsTogether,
	} {
		t.Run(name, func(t *testing.T) { test(newBench(t, s)) })
	}
}

func newFileIsEmpty(b *bench) {
	f := b.find()
	if f.ID != b.id || f.Info != b.src.Info() || f.Size != int64(len(contractFile)) {
		b.t.Errorf("record %+v, source %+v", f, b.src.Info())
	}
	if len(f.Chunks) != 3 || f.Stored() != 0 || f.Complete() {
		b.t.Errorf("chunks %v, %d bytes stored", f.Chunks, f.Stored())
	}
}

func completeWithLastChunk(b *bench) {
	b.fill(0, 1)
	if f := b.find(); f.Complete() || f.Stored() != 2*ChunkBytes {
		b.t.Errorf("after two of three chunks: complete %v, %d bytes", f.Complete(), f.Stored())
	}
	b.fill(2)
	if f := b.find(); !f.Complete() || f.Stored() != f.Size {
		b.t.Errorf("after all chunks: complete %v, %d of %d bytes", f.Complete(), f.Stored(), f.Size)
	}
}

func bytesComeBack(b *bench) {
	b.fill(0, 1, 2)
	size := int64(len(contractFile))
	b.wantRead(0, 1)
	b.wantRead(7, 1000)
	b.wantRead(ChunkBytes, ChunkBytes)
	b.wantRead(ChunkBytes-3, 6)
	b.wantRead(ChunkBytes-1, ChunkBytes+2) // three chunks
	b.wantRead(size-1, 1)
	b.wantRead(0, size)
}

func lastChunkFirst(b *bench) {
	b.fill(2)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{false, false, true}) {
		b.t.Errorf("chunks %v", f.Chunks)
	}
	b.wantRead(2*ChunkBytes+5, 100)
}

func missingChunkIsAnError(b *bench) {
	b.fill(0)
	_, err := b.Read(b.ctx, b.id, ChunkBytes-1, 2)
	b.wantFault(err, errs.StorageError)
}

func beyondTheEndIsAnError(b *bench) {
	b.fill(2)
	_, err := b.Read(b.ctx, b.id, int64(len(contractFile))-1, 2)
	b.wantFault(err, errs.Integrity)
}

func fillTwice(b *bench) {
	b.fill(1, 1)
	if f := b.find(); f.Stored() != ChunkBytes {
		b.t.Errorf("%d bytes stored", f.Stored())
	}
	b.wantRead(ChunkBytes, 100)
}

func addAgainForgets(b *bench) {
	b.fill(0)
	info := b.src.Info()
	info.Validator = "another"
	f, err := b.Add(b.ctx, b.id, info)
	if err != nil || f.Stored() != 0 || b.find().Stored() != 0 || b.find().Info != info {
		b.t.Errorf("%+v %v, then %+v", f, err, b.find())
	}
	_, err = b.Read(b.ctx, b.id, 0, 1)
	b.wantFault(err, errs.StorageError)
}

func deleteForgets(b *bench) {
	b.fill(0)
	if err := b.Delete(b.ctx, b.id); err != nil {
		b.t.Fatal(err)
	}
	if _, ok, err := b.Find(b.ctx, b.id); ok || err != nil {
		b.t.Errorf("found %v %v", ok, err)
	}
	_, err := b.Read(b.ctx, b.id, 0, 1)
	b.wantFault(err, errs.StorageError)
	if err := b.Delete(b.ctx, b.id); err != nil {
		b.t.Errorf("deleting again: %v", err)
	}
}

func unknownFileIsRefused(b *bench) {
	err := b.StoreChunk(b.ctx, "never added", 2, b.src, func(int64) {})
	b.wantFault(err, errs.StorageError)
	_, err = b.Read(b.ctx, "never added", 2*ChunkBytes, 1)
	b.wantFault(err, errs.StorageError)
}

func fullStoreKeeps(b *bench) {
	b.fill(0)
	b.setFull(b.t, true)
	err := b.StoreChunk(b.ctx, b.id, 1, b.src, func(int64) {})
	b.setFull(b.t, false)
	b.wantFault(err, errs.StorageFull)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{true, false, false}) {
		b.t.Errorf("chunks %v after the store was full", f.Chunks)
	}
	b.wantRead(0, ChunkBytes)
	b.fill(1) // there is room again
	b.wantRead(ChunkBytes-1, 2)
}

func verifyDropsChanged(b *bench) {
	b.fill(0, 1, 2)
	if n, err := b.Verify(b.ctx, b.id); n != 0 || err != nil {
		b.t.Fatalf("untouched: %d changed, %v", n, err)
	}
	changed := slices.Clone(contractFile[ChunkBytes : 2*ChunkBytes])
	changed[77] ^= 1
	b.corrupt(b.t, b.id, 1, changed)
	if n, err := b.Verify(b.ctx, b.id); n != 1 || err != nil {
		b.t.Errorf("%d changed, %v, want 1", n, err)
	}
	if f := b.find(); !slices.Equal(f.Chunks, []bool{true, false, true}) {
		b.t.Errorf("chunks %v", f.Chunks)
	}
	if n, err := b.Verify(b.ctx, "never added"); n != 0 || err != nil {
		b.t.Errorf("unknown file: %d changed, %v", n, err)
	}
}

func shortChunkIsAFault(b *bench) {
	b.fill(0, 1, 2)
	b.corrupt(b.t, b.id, 2, contractFile[2*ChunkBytes:][:100])
	_, err := b.Read(b.ctx, b.id, 2*ChunkBytes+50, 100)
	b.wantFault(err, errs.Integrity)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{true, true, false}) {
		b.t.Errorf("chunks %v after one was found short", f.Chunks)
	}
	b.fill(2)
	b.wantRead(2*ChunkBytes, 12345)
}

func listGivesAll(b *bench) {
	b.fill(2)
	other := b.id + ".2"
	if _, err := b.Add(b.ctx, other, fetch.Info{Name: "other", Size: 5, Validator: "v"}); err != nil {
		b.t.Fatal(err)
	}
	defer b.Delete(b.ctx, other)
	files, err := b.List(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprintln(f.ID, f.Size, f.Stored()))
	}
	slices.Sort(got)
	want := []string{fmt.Sprintln(other, 5, 0), fmt.Sprintln(b.id, len(contractFile), 12345)}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("got %v, want %v", got, want)
	}
}

func progressCounts(b *bench) {
	var last int64
	if err := b.StoreChunk(b.ctx, b.id, 2, b.src, func(n int64) { last = n }); err != nil || last != 12345 {
		b.t.Errorf("progress ended at %d, %v", last, err)
	}
}

func endedContextStops(b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if err := b.StoreChunk(ctx, b.id, 0, b.src, func(int64) {}); err == nil {
		b.t.Error("filled all the same")
	}
	if b.find().Stored() != 0 {
		b.t.Error("stored all the same")
	}
}

func moveKeeps(b *bench) {
	b.fill(0, 2)
	for _, to := range []Kind{IndexedDB, OPFS, OPFS, IndexedDB} {
		f, err := b.Move(b.ctx, b.id, to)
		if err != nil || b.kind() != "" && f.Kind != to {
			b.t.Fatalf("moved to %q, not %q: %v", f.Kind, to, err)
		}
		if !slices.Equal(f.Chunks, []bool{true, false, true}) || f.Info != b.src.Info() {
			b.t.Errorf("in %q: %+v", to, f)
		}
		b.wantRead(0, ChunkBytes)
		b.wantRead(2*ChunkBytes, 12345)
	}
	b.fill(1)
	b.wantRead(0, int64(len(contractFile)))
	_, err := b.Move(b.ctx, "never added", OPFS)
	b.wantFault(err, errs.StorageError)
}

func readsTogether(b *bench) {
	b.fill(0, 1, 2)
	var busy sync.WaitGroup
	for i := range int64(8) {
		busy.Go(func() { b.wantRead(i*3_000_001, 1<<20+i) })
	}
	busy.Wait()
}
