package loader

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// recordingStore records whether chunks are stored in the background, and the most at once.
type recordingStore struct {
	*store.Memory
	mu          sync.Mutex
	backgrounds []bool
	now, most   int
}

func (s *recordingStore) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o store.ChunkOptions) (string, error) {
	s.mu.Lock()
	s.backgrounds = append(s.backgrounds, o.Background)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	return s.Memory.StoreChunk(ctx, id, chunk, src, o)
}

func TestAPausedDownloadContinuesWhenItIsResumed(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h, gate := newHostileServer(), NewGate()
		m := h.mustOpen(t, newStore(), Options{Gate: gate})
		release := h.holdResponses()
		var waiting string
		done := make(chan error, 1)
		go func() { done <- m.Download(t.Context(), nil, func(p Progress) { waiting = p.Waiting }) }()
		synctest.Wait()
		gate.Pause() // ends the requests that are under way
		synctest.Wait()
		release()
		synctest.Wait()
		if missing := m.MissingBytes(nil); missing != m.Bytes()-store.ChunkBytes || waiting != "paused" || !gate.Paused() {
			t.Errorf("%d bytes are missing, waiting is %q", missing, waiting)
		}
		gate.Resume()
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantFile(t, m)
		m.Close()
	})
}

func TestAReadIsFetchedWhileDownloadsArePaused(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h, gate := newHostileServer(), NewGate()
		m := h.mustOpen(t, newStore(), Options{Gate: gate})
		gate.Pause()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.StoreRange(ctx, 0, store.ChunkBytes, 2*store.ChunkBytes) }()
		synctest.Wait()
		wantRange(t, m, t.Context()) // joins the fetch that is paused
		cancel()
		<-done
		requests := h.takeRequests()
		if slices.Sort(requests); !slices.Equal(requests, []int{0, 1, 2}) {
			t.Errorf("chunks %v were requested", requests)
		}
		m.Close()
	})
}

func TestAPausedDownloadEndsWithItsContext(t *testing.T) {
	h, gate := newHostileServer(), NewGate()
	m := h.mustOpen(t, newStore(), Options{Gate: gate})
	gate.Pause()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Download(ctx, nil, nil) }()
	cancel()
	wantError(t, <-done, errs.Aborted, "stopped")
}

func TestBackgroundFetchesSayThatTheyAre(t *testing.T) {
	h, st := newHostileServer(), &recordingStore{Memory: newStore()}
	m := h.mustOpen(t, st, Options{})
	if err := m.StoreRange(t.Context(), 0, store.ChunkBytes, 1); err != nil {
		t.Fatal(err)
	}
	wantRange(t, m, t.Context())
	if want := []bool{false, true, false}; !slices.Equal(st.backgrounds, want) {
		t.Errorf("background: %v, want %v", st.backgrounds, want)
	}
}

func TestABackgroundFetchThatAReadJoinsBecomesUrgent(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h, st := newHostileServer(), &recordingStore{Memory: newStore()}
		m := h.mustOpen(t, st, Options{})
		release := h.holdResponses()
		var both sync.WaitGroup
		both.Go(func() { m.StoreRange(t.Context(), 0, store.ChunkBytes, 1) })
		synctest.Wait()
		both.Go(func() { m.Read(t.Context(), 0, store.ChunkBytes, 1) })
		synctest.Wait()
		release()
		both.Wait()
		if want := []bool{false, true, false}; !slices.Equal(st.backgrounds, want) {
			t.Errorf("background: %v, want %v", st.backgrounds, want)
		}
		m.Close()
	})
}

func TestADownloadSubmitsSeveralChunksAtOnce(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h, st := newHostileServer(), &recordingStore{Memory: newStore()}
		m := h.mustOpen(t, st, Options{})
		release := h.holdResponses()
		done := make(chan error, 1)
		go func() { done <- m.Download(t.Context(), nil, nil) }()
		synctest.Wait()
		release()
		if err := <-done; err != nil || st.most != 4 {
			t.Errorf("%v, %d at once, want the 4 that are missing", err, st.most)
		}
		m.Close()
	})
}
