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
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
)

// testStore is a store under test, with ways to make it fail.
type testStore interface {
	Store

	// location returns a location of files from which this store can read.
	location(files map[string][]byte) fetch.Location

	// kind is the kind of the files under test.
	kind() Kind

	// setFull makes every later attempt to store a chunk fail because the disk is full, or ends that.
	setFull(t *testing.T, on bool)

	// corrupt replaces the stored bytes of a chunk without using the store. bytes may be shorter than the chunk only if
	// the chunk is the file's last.
	corrupt(t *testing.T, id string, chunk int, bytes []byte)
}

// contractFile is the file of the contract test: two chunks and a shorter third one.
var contractFile = randomBytes(2*ChunkBytes + 12345)

func randomBytes(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// storeTest is a store with a record of contractFile and an open source of it.
type storeTest struct {
	testStore
	t   *testing.T
	ctx context.Context
	id  string
	src fetch.Source
}

func newStoreTest(t *testing.T, s testStore) *storeTest {
	b := &storeTest{testStore: s, t: t, ctx: t.Context()}
	location := s.location(map[string][]byte{"model.gguf": contractFile})
	b.id = location.ID("model.gguf")
	src, err := location.Open(b.ctx, "model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	b.src = src
	if f, err := s.OpenFile(b.ctx, b.id, src.Info(), s.kind()); err != nil || f.Kind != s.kind() {
		t.Fatalf("opened as %q, want %q: %v", f.Kind, s.kind(), err)
	}
	t.Cleanup(func() {
		src.Close()
		if err := s.Delete(context.Background(), b.id); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *storeTest) store(chunks ...int) {
	b.t.Helper()
	for _, chunk := range chunks {
		hash, err := b.StoreChunk(b.ctx, b.id, chunk, b.src, ChunkOptions{})
		if err != nil || hash != hashOfChunk(chunk) {
			b.t.Fatalf("chunk %d: hash %s, %v", chunk, hash, err)
		}
	}
}

// hashOfChunk returns the hash of a chunk of contractFile.
func hashOfChunk(chunk int) string {
	return hexHash(contractFile[chunk*ChunkBytes : min(len(contractFile), (chunk+1)*ChunkBytes)])
}

func (b *storeTest) find() File {
	b.t.Helper()
	f, ok, err := b.Find(b.ctx, b.id)
	if err != nil || !ok {
		b.t.Fatalf("Find: %v %v", ok, err)
	}
	return f
}

func (b *storeTest) wantRead(offset, n int64) {
	b.t.Helper()
	blob, err := b.Read(b.ctx, b.id, offset, n)
	if err != nil {
		b.t.Fatalf("Read(%d, %d): %v", offset, n, err)
	}
	defer blob.Release()
	if got := blob.Copy(); blob.Len() != n || !bytes.Equal(got, contractFile[offset:offset+n]) {
		b.t.Errorf("Read(%d, %d) returned %d bytes that differ from the file", offset, n, len(got))
	}
}

func (b *storeTest) wantError(err error, code errs.Code) {
	b.t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != code {
		b.t.Errorf("got %v, want an error of code %s", err, code)
	}
}

// testContract tests what the documentation of Store promises.
func testContract(t *testing.T, s testStore) {
	for name, test := range map[string]func(*storeTest){
		"a new file has no chunks":                        newFileHasNoChunks,
		"a file is complete when all chunks are stored":   completeWithAllChunks,
		"reads within and across chunks return the bytes": readsWithinAndAcrossChunks,
		"the last chunk may be stored first":              storesTheLastChunkFirst,
		"reading a missing chunk is an error":             missingChunkIsAnError,
		"reading beyond the end is an error":              readBeyondTheEndIsAnError,
		"storing a chunk twice changes nothing":           storingTwiceChangesNothing,
		"opening a file again keeps its chunks and info":  openingAgainKeepsChunks,
		"what is known about a file can be changed":       setInfoChangesARecord,
		"a chunk with another hash is refused":            wrongHashIsRefused,
		"checking a chunk compares it with its source":    checkComparesWithSource,
		"the hash of a file is that of all its bytes":     hashesTheWholeFile,
		"delete removes record and bytes":                 deleteRemovesRecordAndBytes,
		"a chunk of an unknown file is an error":          unknownFileIsAnError,
		"a full store keeps its chunks":                   fullStoreKeepsChunks,
		"verify removes exactly the chunks that changed":  verifyRemovesChangedChunks,
		"a shortened chunk is an error and not stored":    shortChunkIsAnError,
		"list returns every file":                         listReturnsAllFiles,
		"progress ends at the size of the chunk":          progressEndsAtChunkSize,
		"an ended context stops storing a chunk":          endedContextStopsStoring,
		"moving a file keeps its chunks":                  moveKeepsChunks,
		"reads may be concurrent":                         readsConcurrently,
	} {
		t.Run(name, func(t *testing.T) { test(newStoreTest(t, s)) })
	}
}

func newFileHasNoChunks(b *storeTest) {
	f := b.find()
	if f.ID != b.id || f.Info != b.src.Info() || f.Size != int64(len(contractFile)) {
		b.t.Errorf("record %+v, source %+v", f, b.src.Info())
	}
	if len(f.Chunks) != 3 || f.Stored() != 0 || f.Complete() {
		b.t.Errorf("chunks %v, %d bytes stored", f.Chunks, f.Stored())
	}
}

func completeWithAllChunks(b *storeTest) {
	b.store(0, 1)
	if f := b.find(); f.Complete() || f.Stored() != 2*ChunkBytes {
		b.t.Errorf("after two of three chunks: complete %v, %d bytes", f.Complete(), f.Stored())
	}
	b.store(2)
	if f := b.find(); !f.Complete() || f.Stored() != f.Size {
		b.t.Errorf("after all chunks: complete %v, %d of %d bytes", f.Complete(), f.Stored(), f.Size)
	}
}

func readsWithinAndAcrossChunks(b *storeTest) {
	b.store(0, 1, 2)
	size := int64(len(contractFile))
	b.wantRead(0, 1)
	b.wantRead(7, 1000)
	b.wantRead(ChunkBytes, ChunkBytes)
	b.wantRead(ChunkBytes-3, 6)
	b.wantRead(ChunkBytes-1, ChunkBytes+2) // three chunks
	b.wantRead(size-1, 1)
	b.wantRead(0, size)
}

func storesTheLastChunkFirst(b *storeTest) {
	b.store(2)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{false, false, true}) {
		b.t.Errorf("chunks %v", f.Chunks)
	}
	b.wantRead(2*ChunkBytes+5, 100)
}

func missingChunkIsAnError(b *storeTest) {
	b.store(0)
	_, err := b.Read(b.ctx, b.id, ChunkBytes-1, 2)
	b.wantError(err, errs.StorageError)
}

func readBeyondTheEndIsAnError(b *storeTest) {
	b.store(2)
	_, err := b.Read(b.ctx, b.id, int64(len(contractFile))-1, 2)
	b.wantError(err, errs.Integrity)
}

func storingTwiceChangesNothing(b *storeTest) {
	b.store(1, 1)
	if f := b.find(); f.Stored() != ChunkBytes {
		b.t.Errorf("%d bytes stored", f.Stored())
	}
	b.wantRead(ChunkBytes, 100)
}

func openingAgainKeepsChunks(b *storeTest) {
	b.store(0)
	other := fetch.Info{Name: "other", Size: 5, Validator: "another"}
	f, err := b.OpenFile(b.ctx, b.id, other, b.kind())
	if err != nil || f.Info != b.src.Info() || f.Stored() != ChunkBytes || b.find().Stored() != ChunkBytes {
		b.t.Errorf("%+v %v, then %+v", f, err, b.find())
	}
	b.wantRead(0, 10)
}

func setInfoChangesARecord(b *storeTest) {
	b.store(2)
	if f := b.find(); f.SHA256 != "" || f.Hashes != nil || f.Verified || time.Since(f.Used) > time.Minute {
		b.t.Errorf("new record %+v", f)
	}
	used := time.UnixMilli(1_700_000_000_123)
	validator, verified, vision := "v2", true, "https://example.com/mmproj.gguf"
	hashes := []string{hashOfChunk(0), hashOfChunk(1), hashOfChunk(2)}
	changes := Changes{Validator: &validator, SHA256: "ab", Hashes: hashes, Verified: &verified, Used: used,
		Vision: &vision}
	for _, c := range []Changes{changes, {}} {
		if err := b.SetInfo(b.ctx, b.id, c); err != nil {
			b.t.Fatal(err)
		}
		f := b.find()
		if f.Validator != validator || f.SHA256 != "ab" || !slices.Equal(f.Hashes, hashes) || !f.Verified ||
			!f.Used.Equal(used) || f.Vision != vision || f.Stored() != 12345 || f.Name != b.src.Info().Name {
			b.t.Errorf("record %+v", f)
		}
	}
	b.wantError(b.SetInfo(b.ctx, "never added", Changes{}), errs.StorageError)
}

func wrongHashIsRefused(b *storeTest) {
	_, err := b.StoreChunk(b.ctx, b.id, 2, b.src, ChunkOptions{Expected: hashOfChunk(1)})
	b.wantError(err, errs.Integrity)
	if f := b.find(); f.Stored() != 0 || f.PartialBytes != 0 {
		b.t.Errorf("%d and %d bytes stored", f.Stored(), f.PartialBytes)
	}
	if _, err := b.StoreChunk(b.ctx, b.id, 2, b.src, ChunkOptions{Expected: hashOfChunk(2)}); err != nil {
		b.t.Error(err)
	}
}

func checkComparesWithSource(b *storeTest) {
	b.store(1)
	changed := slices.Clone(contractFile)
	changed[2*ChunkBytes-1] ^= 1
	location := b.location(map[string][]byte{"model.gguf": changed})
	other, err := location.Open(b.ctx, "model.gguf")
	if err != nil {
		b.t.Fatal(err)
	}
	defer other.Close()
	for _, c := range []struct {
		src   fetch.Source
		chunk int
		bytes int64
		want  bool
	}{
		{b.src, 1, ChunkBytes, true}, {other, 1, ChunkBytes, false}, {b.src, 0, ChunkBytes, false},
		{other, 1, ChunkBytes - 1, true}, {b.src, 1, 1000, true}, {b.src, 0, 1000, false},
	} {
		if same, err := b.CheckChunk(b.ctx, b.id, c.chunk, c.src, c.bytes); same != c.want || err != nil {
			b.t.Errorf("chunk %d, %d bytes: %v %v, want %v", c.chunk, c.bytes, same, err, c.want)
		}
	}
	if b.find().Stored() != ChunkBytes {
		b.t.Error("checking stored or removed a chunk")
	}
}

func hashesTheWholeFile(b *storeTest) {
	b.store(0, 2)
	_, err := b.HashFile(b.ctx, b.id, nil)
	b.wantError(err, errs.StorageError)
	b.store(1)
	hashed := int64(0)
	hash, err := b.HashFile(b.ctx, b.id, func(n int64) { hashed = n })
	if err != nil || hash != hexHash(contractFile) || hashed == 0 {
		b.t.Errorf("%s after %d bytes, %v", hash, hashed, err)
	}
	_, err = b.HashFile(b.ctx, "never added", nil)
	b.wantError(err, errs.StorageError)
}

func deleteRemovesRecordAndBytes(b *storeTest) {
	b.store(0)
	if err := b.Delete(b.ctx, b.id); err != nil {
		b.t.Fatal(err)
	}
	if _, ok, err := b.Find(b.ctx, b.id); ok || err != nil {
		b.t.Errorf("found %v %v", ok, err)
	}
	_, err := b.Read(b.ctx, b.id, 0, 1)
	b.wantError(err, errs.StorageError)
	if err := b.Delete(b.ctx, b.id); err != nil {
		b.t.Errorf("deleting again: %v", err)
	}
}

func unknownFileIsAnError(b *storeTest) {
	_, err := b.StoreChunk(b.ctx, "never added", 2, b.src, ChunkOptions{})
	b.wantError(err, errs.StorageError)
	_, err = b.Read(b.ctx, "never added", 2*ChunkBytes, 1)
	b.wantError(err, errs.StorageError)
}

func fullStoreKeepsChunks(b *storeTest) {
	b.store(0)
	b.setFull(b.t, true)
	_, err := b.StoreChunk(b.ctx, b.id, 1, b.src, ChunkOptions{})
	b.setFull(b.t, false)
	b.wantError(err, errs.StorageFull)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{true, false, false}) {
		b.t.Errorf("chunks %v after the store was full", f.Chunks)
	}
	b.wantRead(0, ChunkBytes)
	b.store(1) // the store is not full any more
	b.wantRead(ChunkBytes-1, 2)
}

func verifyRemovesChangedChunks(b *storeTest) {
	b.store(0, 1, 2)
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

func shortChunkIsAnError(b *storeTest) {
	b.store(0, 1, 2)
	b.corrupt(b.t, b.id, 2, contractFile[2*ChunkBytes:][:100])
	_, err := b.Read(b.ctx, b.id, 2*ChunkBytes+50, 100)
	b.wantError(err, errs.Integrity)
	if f := b.find(); !slices.Equal(f.Chunks, []bool{true, true, false}) {
		b.t.Errorf("chunks %v after reading a shortened one", f.Chunks)
	}
	b.store(2)
	b.wantRead(2*ChunkBytes, 12345)
}

func listReturnsAllFiles(b *storeTest) {
	b.store(2)
	other := b.id + ".2"
	if _, err := b.OpenFile(b.ctx, other, fetch.Info{Name: "other", Size: 5, Validator: "v"}, b.kind()); err != nil {
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

func progressEndsAtChunkSize(b *storeTest) {
	var last int64
	progress := func(p ChunkProgress) { last = p.Received }
	if _, err := b.StoreChunk(b.ctx, b.id, 2, b.src, ChunkOptions{Progress: progress}); err != nil || last != 12345 {
		b.t.Errorf("progress ended at %d, %v", last, err)
	}
}

func endedContextStopsStoring(b *storeTest) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.StoreChunk(ctx, b.id, 0, b.src, ChunkOptions{}); err == nil {
		b.t.Error("no error")
	}
	if b.find().Stored() != 0 {
		b.t.Error("the chunk is stored")
	}
}

func moveKeepsChunks(b *storeTest) {
	b.store(0, 2)
	for _, to := range []Kind{IndexedDB, OPFS, OPFS, IndexedDB} {
		f, err := b.OpenFile(b.ctx, b.id, b.src.Info(), to)
		if err != nil || b.kind() != "" && f.Kind != to {
			b.t.Fatalf("moved to %q, want %q: %v", f.Kind, to, err)
		}
		if !slices.Equal(f.Chunks, []bool{true, false, true}) || f.Info != b.src.Info() {
			b.t.Errorf("in %q: %+v", to, f)
		}
		b.wantRead(0, ChunkBytes)
		b.wantRead(2*ChunkBytes, 12345)
	}
	b.store(1)
	b.wantRead(0, int64(len(contractFile)))
}

func readsConcurrently(b *storeTest) {
	b.store(0, 1, 2)
	var reads sync.WaitGroup
	for i := range int64(8) {
		reads.Go(func() { b.wantRead(i*3_000_001, 1<<20+i) })
	}
	reads.Wait()
}
