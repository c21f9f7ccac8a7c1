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
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// straddle is a range of bigModel in chunks 1 and 2.
const straddle, straddleBytes = 2*store.ChunkBytes - 1000, 3000

// reader is a model of five chunks on a line, of which the first, with the header, is stored.
func reader(t *testing.T, st store.Store) (*Model, *line) {
	t.Helper()
	l := newLine(bigModel())
	m := mustOpen(t, l, "m.gguf", st)
	l.wantAsked(t, 0)
	return m, l
}

func wantRange(t *testing.T, m *Model, ctx context.Context) {
	t.Helper()
	b, err := m.Read(ctx, 0, straddle, straddleBytes)
	if err != nil {
		t.Error(err)
		return
	}
	defer b.Release()
	if !bytes.Equal(b.Copy(), bigModel()[straddle:straddle+straddleBytes]) {
		t.Error("other bytes")
	}
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s never came true", what)
}

func TestReadBringsTheChunksOfItsRangeInOrderAndOnce(t *testing.T) {
	m, l := reader(t, newStore())
	if m.Has(0, straddle, straddleBytes) {
		t.Error("there before it was asked for")
	}
	wantRange(t, m, t.Context())
	l.wantAsked(t, 1, 2)
	if !m.Has(0, straddle, straddleBytes) || m.Has(0, 3*store.ChunkBytes, 1) {
		t.Error("what is there and what is not is mixed up")
	}
	wantRange(t, m, t.Context())
	if err := m.StoreRange(t.Context(), 0, straddle, straddleBytes); err != nil {
		t.Error(err)
	}
	l.wantAsked(t)
}

func TestKeepMakesReadFree(t *testing.T) {
	m, l := reader(t, newStore())
	if err := m.StoreRange(t.Context(), 0, straddle, straddleBytes); err != nil {
		t.Fatal(err)
	}
	l.become(errAway)
	l.take()
	wantRange(t, m, t.Context())
	l.wantAsked(t)
}

// waiters is how many wait for a chunk.
func (p *part) waiters(chunk int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.fetches[chunk]; f != nil {
		return f.waiters
	}
	return 0
}

func TestAChunkIsFetchedOnceHoweverManyWantIt(t *testing.T) {
	m, l := reader(t, newStore())
	release := l.hold()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { wantRange(t, m, t.Context()) })
	}
	all.Go(func() {
		if err := m.Download(t.Context(), nil, nil); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "nine waiting", func() bool { return m.parts[0].waiters(1) == 9 })
	release()
	all.Wait()
	if asked := l.take(); len(asked) != 4 {
		t.Errorf("asked for chunks %v, want 1 to 4 once each", asked)
	}
}

func TestDownloadCountsAChunkThatAnotherBrings(t *testing.T) {
	m, l := reader(t, newStore())
	release := l.hold()
	var all sync.WaitGroup
	all.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "one waiting", func() bool { return m.parts[0].waiters(1) == 1 })
	var last Progress
	all.Go(func() {
		if err := m.Download(t.Context(), nil, func(p Progress) { last = p }); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "two waiting", func() bool { return m.parts[0].waiters(1) == 2 })
	release()
	all.Wait()
	if last.Done != m.Bytes() {
		t.Errorf("counted %d of %d bytes", last.Done, m.Bytes())
	}
}

func TestAReaderThatGoesDoesNotEndTheFetchOthersWaitFor(t *testing.T) {
	m, l := reader(t, newStore())
	release := l.hold()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := m.Read(ctx, 0, straddle, straddleBytes)
		gone <- err
	}()
	eventually(t, "one waiting", func() bool { return m.parts[0].waiters(1) == 1 })
	var other sync.WaitGroup
	other.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "two waiting", func() bool { return m.parts[0].waiters(1) == 2 })
	cancel()
	wantFault(t, <-gone, errs.Aborted, "stopped")
	release()
	other.Wait()
	l.wantAsked(t, 1, 2)
}

func TestTheLastReaderThatGoesEndsTheFetch(t *testing.T) {
	m, l := reader(t, newStore())
	release := l.hold() // the line answers no more; only the end of the fetch's own context frees it
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := m.Read(ctx, 0, straddle, straddleBytes)
		gone <- err
	}()
	eventually(t, "asking", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.asked) == 1 })
	cancel()
	wantFault(t, <-gone, errs.Aborted, "stopped")
	release()
	wantRange(t, m, t.Context())
	l.wantAsked(t, 1, 1, 2)
}

func TestAReaderThatComesWhileAFetchIsBeingEndedStartsAnew(t *testing.T) {
	m, l := reader(t, newStore())
	l.deaf = true
	release := l.hold()
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() { m.StoreRange(ctx, 0, store.ChunkBytes, 1) })
	eventually(t, "asking", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.asked) == 1 })
	cancel()
	eventually(t, "nobody waiting", func() bool { return m.parts[0].waiters(1) == 0 })
	both.Go(func() { wantRange(t, m, t.Context()) })
	eventually(t, "asking anew", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.asked) == 2 })
	release()
	both.Wait()
	l.wantAsked(t, 1, 1, 2)
}

func TestANetworkThatIsAwayIsNoLastWord(t *testing.T) {
	m, l := reader(t, newStore())
	l.become(errAway)
	for range 2 {
		_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
		wantFault(t, err, errs.ConnectionLost, "m.gguf: ")
		if !fetch.IsUnreachable(err) {
			t.Error("nobody will wait for it")
		}
	}
	l.become(nil)
	wantRange(t, m, t.Context())
	l.wantAsked(t, 1, 1, 1, 2)
}

func TestAFileThatEndsEarlyIsNotStored(t *testing.T) {
	m, l := reader(t, newStore())
	l.file = l.file[:straddle]
	_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
	wantFault(t, err, errs.Truncated, "m.gguf: ")
	if fetch.IsUnreachable(err) || m.Has(0, straddle, 1) {
		t.Error("waited for, or passed off as stored")
	}
}

func TestAFullStoreSaysWhatIsMissingForARangeToo(t *testing.T) {
	m, _ := reader(t, store.NewMemory(20<<20))
	for _, err := range []error{
		m.StoreRange(t.Context(), 0, straddle, straddleBytes),
		func() error { _, err := m.Read(t.Context(), 0, straddle, straddleBytes); return err }(),
	} {
		wantFault(t, err, errs.StorageFull, "more is missing")
	}
}

var (
	errVanished = errs.New(errs.StorageError, "not stored")
	errShort    = errs.New(errs.Integrity, "incomplete")
)

func TestAVanishedChunkIsFetchedAgain(t *testing.T) {
	for name, why := range map[string]error{"vanished": errVanished, "shortened": errShort} {
		t.Run(name, func(t *testing.T) {
			st := newLeaky()
			m, l := reader(t, st)
			wantRange(t, m, t.Context())
			l.take()
			st.lose(2, why)
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { wantRange(t, m, t.Context()) })
			}
			both.Wait()
			l.wantAsked(t, 2)
		})
	}
}

func TestAVanishedChunkWaitsForTheNetworkToo(t *testing.T) {
	st := newLeaky()
	m, l := reader(t, st)
	wantRange(t, m, t.Context())
	st.lose(1, errVanished)
	l.become(errAway)
	_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
	if !fetch.IsUnreachable(err) {
		t.Errorf("got %v", err)
	}
	l.become(nil)
	wantRange(t, m, t.Context())
}

func TestAStoreThatKeepsNothingIsGivenUp(t *testing.T) {
	st := newLeaky()
	m, l := reader(t, st)
	wantRange(t, m, t.Context())
	l.take()
	st.lose(1, errVanished)
	st.sieve = true
	_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
	wantFault(t, err, errs.StorageError, "m.gguf: the browser's storage does not keep the model")
	l.wantAsked(t, 1)
}

// broken is a store that fails for reasons of its own.
type broken struct {
	*store.Memory
	err error
}

func (s broken) Read(context.Context, string, int64, int64) (Blob, error) { return nil, s.err }

func TestErrorsThatAreNoLossAreLeftAlone(t *testing.T) {
	m, l := reader(t, newStore())
	wantRange(t, m, t.Context())
	l.take()
	strange := errors.New("strange")
	m.store = broken{m.store.(*store.Memory), strange}
	if _, err := m.Read(t.Context(), 0, straddle, straddleBytes); !errors.Is(err, strange) {
		t.Errorf("got %v", err)
	}
	l.wantAsked(t)
}

func TestAFileEvictedUnderARunningModelComesBack(t *testing.T) {
	for name, use := range map[string]func(*testing.T, *Model) error{
		"read": func(t *testing.T, m *Model) error { wantRange(t, m, t.Context()); return nil },
		"keep": func(t *testing.T, m *Model) error { return m.StoreRange(t.Context(), 0, straddle, straddleBytes) },
		"load": func(t *testing.T, m *Model) error {
			return m.Load(t.Context(), m.File.Tensors, func(gguf.Tensor, int64, Blob) error { return nil }, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			m, _ := reader(t, st)
			if err := st.Delete(t.Context(), m.ID); err != nil {
				t.Fatal(err)
			}
			if err := use(t, m); err != nil {
				t.Error(err)
			}
			if f, known, _ := st.Find(t.Context(), m.ID); !known || !f.Chunks[1] || !f.Chunks[2] {
				t.Errorf("the store has %+v", f)
			}
			wantRange(t, m, t.Context())
		})
	}
}

func TestAFileThatChangedSinceItWasStoredStartsOver(t *testing.T) {
	st := newStore()
	_, l := reader(t, st)
	l.validator = "2"
	m := mustOpen(t, l, "m.gguf", st)
	l.wantAsked(t)
	_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
	wantFault(t, err, errs.Integrity, "m.gguf: the file has changed")
	l.wantAsked(t)
	wantRange(t, mustOpen(t, l, "m.gguf", st), t.Context())
	l.wantAsked(t, 0, 1, 2)
}

func TestOneAnswerOutOfStepDoesNotStartOver(t *testing.T) {
	st := newStore()
	m, _ := reader(t, st)
	m.parts[0].source = outOfStep{m.parts[0].source.(lineSource)}
	_, err := m.Read(t.Context(), 0, straddle, straddleBytes)
	wantFault(t, err, errs.Integrity, "out of step")
	if f, known, _ := st.Find(t.Context(), m.ID); !known || !f.Chunks[0] {
		t.Error("what was stored is forgotten")
	}
	wantRange(t, m, t.Context())
}

// outOfStep is a source one answer of which says that the file has changed.
type outOfStep struct{ lineSource }

func (outOfStep) ReadRange(context.Context, int64, int64, func(int64)) (fetch.Bytes, error) {
	return nil, errs.New(errs.Integrity, "out of step").AsRetryable()
}

func TestAModelOpensFromItsHeaderAloneWithoutAsking(t *testing.T) {
	st := newStore()
	_, l := reader(t, st)
	l.become(errAway)
	opened := l.opened
	m := mustOpen(t, l, "m.gguf", st)
	if err := m.StoreRange(t.Context(), 0, 0, store.ChunkBytes); err != nil || l.opened != opened {
		t.Errorf("%v, asked %d times", err, l.opened-opened)
	}
}

// movable is a store that holds files in more than one way.
type movable struct {
	*store.Memory
	kind store.Kind // of all its files
}

func (s *movable) Add(ctx context.Context, id string, info fetch.Info) (store.File, error) {
	s.kind = store.IndexedDB
	f, err := s.Memory.Add(ctx, id, info)
	f.Kind = s.kind
	return f, err
}

func (s *movable) Move(ctx context.Context, id string, kind store.Kind) (store.File, error) {
	f, err := s.Memory.Move(ctx, id, kind)
	if err == nil {
		s.kind = kind
	}
	f.Kind = s.kind
	return f, err
}

func TestAMovedModelStaysWhereItIsWhenItsFileComesBack(t *testing.T) {
	st := &movable{Memory: newStore()}
	m, _ := reader(t, st)
	if err := m.Move(t.Context(), store.OPFS); err != nil || st.kind != store.OPFS || !m.Has(0, 0, 1) {
		t.Fatalf("%v, %s, header there: %v", err, st.kind, m.Has(0, 0, 1))
	}
	if err := st.Delete(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	wantRange(t, m, t.Context())
	if st.kind != store.OPFS {
		t.Errorf("it came back to %s", st.kind)
	}
	if err := st.Delete(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	wantFault(t, m.Move(t.Context(), store.IndexedDB), errs.StorageError, "m.gguf: ")
}
