package loader

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// A range of bigModel in chunks 1 and 2.
const rangeStart, rangeBytes = 2*store.ChunkBytes - 1000, 3000

// openWithHeader opens bigModel, which has five chunks, from a fake server. The first chunk, which contains the header,
// is stored.
func openWithHeader(t *testing.T, st store.Store) (*Model, *fakeServer) {
	t.Helper()
	server := newFakeServer(bigModel())
	m := mustOpen(t, server, "m.gguf", st)
	server.wantRequests(t, 0)
	return m, server
}

func wantRange(t *testing.T, m *Model, ctx context.Context) {
	t.Helper()
	b, err := m.Read(ctx, 0, rangeStart, rangeBytes)
	if err != nil {
		t.Error(err)
		return
	}
	defer b.Release()
	if !bytes.Equal(b.Copy(), bigModel()[rangeStart:rangeStart+rangeBytes]) {
		t.Error("the bytes differ from the file")
	}
}

// eventually waits until ok returns true because of another goroutine.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("still not true: %s", what)
}

func TestReadFetchesTheChunksOfItsRangeInOrderAndOnce(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	if m.Has(0, rangeStart, rangeBytes) {
		t.Error("the range is stored before it was read")
	}
	wantRange(t, m, t.Context())
	server.wantRequests(t, 1, 2)
	if !m.Has(0, rangeStart, rangeBytes) || m.Has(0, 3*store.ChunkBytes, 1) {
		t.Error("Has is wrong")
	}
	wantRange(t, m, t.Context())
	if err := m.StoreRange(t.Context(), 0, rangeStart, rangeBytes); err != nil {
		t.Error(err)
	}
	server.wantRequests(t)
}

func TestReadAfterStoreRangeFetchesNothing(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	if err := m.StoreRange(t.Context(), 0, rangeStart, rangeBytes); err != nil {
		t.Fatal(err)
	}
	server.setError(errUnreachable)
	server.takeRequests()
	wantRange(t, m, t.Context())
	server.wantRequests(t)
}

// waiters returns the number of callers that wait for a chunk.
func (p *part) waiters(chunk int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.fetches[chunk]; f != nil {
		return f.waiters
	}
	return 0
}

func TestConcurrentCallsShareOneFetch(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	release := server.holdResponses()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { wantRange(t, m, t.Context()) })
	}
	all.Go(func() {
		if err := m.Download(t.Context(), nil, nil); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "nine waiters", func() bool { return m.parts[0].waiters(1) == 9 })
	release()
	all.Wait()
	if requests := server.takeRequests(); len(requests) != 4 {
		t.Errorf("chunks %v were requested, want 1 to 4 once each", requests)
	}
}

func TestDownloadCountsAChunkThatAReaderFetches(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	release := server.holdResponses()
	var all sync.WaitGroup
	all.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "one waiter", func() bool { return m.parts[0].waiters(1) == 1 })
	var last Progress
	all.Go(func() {
		if err := m.Download(t.Context(), nil, func(p Progress) { last = p }); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "two waiters", func() bool { return m.parts[0].waiters(1) == 2 })
	release()
	all.Wait()
	if last.Done != m.Bytes() {
		t.Errorf("counted %d of %d bytes", last.Done, m.Bytes())
	}
}

func TestACancelledReaderDoesNotCancelASharedFetch(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	release := server.holdResponses()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := m.Read(ctx, 0, rangeStart, rangeBytes)
		result <- err
	}()
	eventually(t, "one waiter", func() bool { return m.parts[0].waiters(1) == 1 })
	var other sync.WaitGroup
	other.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "two waiters", func() bool { return m.parts[0].waiters(1) == 2 })
	cancel()
	wantError(t, <-result, errs.Aborted, "stopped")
	release()
	other.Wait()
	server.wantRequests(t, 1, 2)
}

func TestTheLastCancelledReaderCancelsTheFetch(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	release := server.holdResponses() // only the end of the fetch's own context ends the request
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := m.Read(ctx, 0, rangeStart, rangeBytes)
		result <- err
	}()
	eventually(t, "one request", func() bool { return server.numRequests() == 1 })
	cancel()
	wantError(t, <-result, errs.Aborted, "stopped")
	release()
	wantRange(t, m, t.Context())
	server.wantRequests(t, 1, 1, 2)
}

func TestAReaderDuringACancellationStartsANewFetch(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	server.ignoreCancel = true
	release := server.holdResponses()
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() { m.StoreRange(ctx, 0, store.ChunkBytes, 1) })
	eventually(t, "one request", func() bool { return server.numRequests() == 1 })
	cancel()
	eventually(t, "no waiter", func() bool { return m.parts[0].waiters(1) == 0 })
	both.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "two requests", func() bool { return server.numRequests() == 2 })
	release()
	both.Wait()
	server.wantRequests(t, 1, 1, 2)
}

func TestReadSucceedsOnceTheServerCanBeReachedAgain(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	server.setError(errUnreachable)
	for range 2 {
		_, err := m.Read(t.Context(), 0, rangeStart, rangeBytes)
		wantError(t, err, errs.ConnectionLost, "m.gguf: ")
		if !fetch.IsUnreachable(err) {
			t.Error("the error is not IsUnreachable")
		}
	}
	server.setError(nil)
	wantRange(t, m, t.Context())
	server.wantRequests(t, 1, 1, 1, 2)
}

func TestATruncatedChunkIsNotStored(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	server.file = server.file[:rangeStart]
	_, err := m.Read(t.Context(), 0, rangeStart, rangeBytes)
	wantError(t, err, errs.Truncated, "m.gguf: ")
	if fetch.IsUnreachable(err) || m.Has(0, rangeStart, 1) {
		t.Error("the error is IsUnreachable or the chunk counts as stored")
	}
}

func TestAFullStoreReportsTheBytesNeededForARangeToo(t *testing.T) {
	m, _ := openWithHeader(t, store.NewMemory(20<<20))
	for _, err := range []error{
		m.StoreRange(t.Context(), 0, rangeStart, rangeBytes),
		func() error { _, err := m.Read(t.Context(), 0, rangeStart, rangeBytes); return err }(),
	} {
		wantError(t, err, errs.StorageFull, "more are needed")
	}
}

var (
	errNotStored  = errs.New(errs.StorageError, "not stored")
	errIncomplete = errs.New(errs.Integrity, "incomplete")
)

func TestAVanishedChunkIsFetchedAgain(t *testing.T) {
	for name, err := range map[string]error{"vanished": errNotStored, "shortened": errIncomplete} {
		t.Run(name, func(t *testing.T) {
			st := newLossyStore()
			m, server := openWithHeader(t, st)
			wantRange(t, m, t.Context())
			server.takeRequests()
			st.loseChunk(2, err)
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { wantRange(t, m, t.Context()) })
			}
			both.Wait()
			server.wantRequests(t, 2)
		})
	}
}

func TestAVanishedChunkReportsAnUnreachableServer(t *testing.T) {
	st := newLossyStore()
	m, server := openWithHeader(t, st)
	wantRange(t, m, t.Context())
	st.loseChunk(1, errNotStored)
	server.setError(errUnreachable)
	_, err := m.Read(t.Context(), 0, rangeStart, rangeBytes)
	if !fetch.IsUnreachable(err) {
		t.Errorf("got %v", err)
	}
	server.setError(nil)
	wantRange(t, m, t.Context())
}

func TestReadFailsIfTheStoreLosesAChunkTwice(t *testing.T) {
	st := newLossyStore()
	m, server := openWithHeader(t, st)
	wantRange(t, m, t.Context())
	server.takeRequests()
	st.loseChunk(1, errNotStored)
	st.losesAgain = true
	_, err := m.Read(t.Context(), 0, rangeStart, rangeBytes)
	wantError(t, err, errs.StorageError, "m.gguf: the browser's storage does not keep the model")
	server.wantRequests(t, 1)
}

// failingStore is a store whose Read returns err.
type failingStore struct {
	*store.Memory
	err error
}

func (s failingStore) Read(context.Context, string, int64, int64) (Blob, error) { return nil, s.err }

func TestOtherErrorsOfTheStoreAreReturned(t *testing.T) {
	m, server := openWithHeader(t, newStore())
	wantRange(t, m, t.Context())
	server.takeRequests()
	other := errors.New("another error")
	m.setStore(failingStore{m.store.(*store.Memory), other})
	if _, err := m.Read(t.Context(), 0, rangeStart, rangeBytes); !errors.Is(err, other) {
		t.Errorf("got %v", err)
	}
	server.wantRequests(t)
}

func TestADeletedFileIsFetchedAgainWhileItsModelIsOpen(t *testing.T) {
	for name, use := range map[string]func(*testing.T, *Model) error{
		"read":  func(t *testing.T, m *Model) error { wantRange(t, m, t.Context()); return nil },
		"store": func(t *testing.T, m *Model) error { return m.StoreRange(t.Context(), 0, rangeStart, rangeBytes) },
		"load": func(t *testing.T, m *Model) error {
			return m.Load(t.Context(), m.File.Tensors, ignorePieces, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			m, _ := openWithHeader(t, st)
			if err := st.Delete(t.Context(), m.ID); err != nil {
				t.Fatal(err)
			}
			if err := use(t, m); err != nil {
				t.Error(err)
			}
			if f, known, _ := st.Find(t.Context(), m.ID); !known || !f.Chunks[1] || !f.Chunks[2] {
				t.Errorf("the record is %+v", f)
			}
			wantRange(t, m, t.Context())
		})
	}
}

func TestAModelWithAStoredHeaderOpensWithoutTheServer(t *testing.T) {
	st := newStore()
	_, server := openWithHeader(t, st)
	server.setError(errUnreachable)
	opened := server.opened
	m := mustOpen(t, server, "m.gguf", st)
	if err := m.StoreRange(t.Context(), 0, 0, store.ChunkBytes); err != nil || server.opened != opened {
		t.Errorf("%v, opened %d times", err, server.opened-opened)
	}
}

// storeWithKinds is a memory store that records the kind of its files.
type storeWithKinds struct {
	*store.Memory
	kind store.Kind // of all its files
}

func (s *storeWithKinds) OpenFile(ctx context.Context, id string, info fetch.Info,
	kind store.Kind) (store.File, error) {
	f, err := s.Memory.OpenFile(ctx, id, info, kind)
	if err == nil {
		s.kind = kind
	}
	f.Kind = s.kind
	return f, err
}

func TestAMovedFileKeepsItsKindWhenItIsRecreated(t *testing.T) {
	st := &storeWithKinds{Memory: newStore()}
	m, _ := openWithHeader(t, st)
	if err := m.Move(t.Context(), store.OPFS); err != nil || st.kind != store.OPFS || !m.Has(0, 0, 1) {
		t.Fatalf("%v, kind %s, header stored: %v", err, st.kind, m.Has(0, 0, 1))
	}
	if err := st.Delete(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	wantRange(t, m, t.Context())
	if st.kind != store.OPFS {
		t.Errorf("the recreated file is of kind %s", st.kind)
	}
	if err := st.Delete(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := m.Move(t.Context(), store.IndexedDB); err != nil || st.kind != store.IndexedDB || m.Has(0, 0, 1) {
		t.Errorf("a deleted file is moved: %v, kind %s, header stored: %v", err, st.kind, m.Has(0, 0, 1))
	}
}
