package loader

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// wantStored checks which chunks of m.gguf are stored.
func wantStored(t *testing.T, st store.Store, want ...int) {
	t.Helper()
	file, _, _ := st.Find(t.Context(), "fake:m.gguf")
	if got := storedChunks(file); !slices.Equal(got, want) {
		t.Errorf("chunks %v are stored, want %v", got, want)
	}
}

// storedInPart returns a server and a store that has the chunks 0 and 1 of its file.
func storedInPart(t *testing.T) (*hostileServer, *store.Memory) {
	t.Helper()
	h, st := newHostileServer(), newStore()
	m := h.mustOpen(t, st, Options{})
	if err := m.StoreRange(t.Context(), 0, store.ChunkBytes, 1); err != nil {
		t.Fatal(err)
	}
	h.takeRequests()
	return h, st
}

func TestAnotherValidatorOfEqualBytesChangesNothing(t *testing.T) {
	for _, validator := range []string{"2", "", "Wed, 25 Nov 2026 15:00:00 GMT"} {
		h, st := storedInPart(t)
		h.validator = validator
		m := h.mustOpen(t, st, Options{})
		mustDownload(t, m)
		wantFile(t, m)
		requests := h.takeRequests()
		if slices.Sort(requests); !slices.Equal(requests, []int{0, 1, 2, 3, 4}) {
			t.Errorf("%q: chunks %v were requested, want 0 and 1 to be compared and the others", validator, requests)
		}
		if file, _, _ := st.Find(t.Context(), m.ID); file.Validator != validator {
			t.Errorf("the record has the validator %q, want %q", file.Validator, validator)
		}
	}
}

func TestAnotherFileUnderAnotherValidatorIsNamedAndNothingIsDeleted(t *testing.T) {
	h, st := storedInPart(t)
	h.validator = "2"
	h.file = slices.Clone(h.file)
	h.file[store.ChunkBytes+5] ^= 1
	m := h.mustOpen(t, st, Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.FileChanged, "m.gguf: the file at its source is not the one")
	_, err := m.Read(t.Context(), 0, 3*store.ChunkBytes, 1)
	wantError(t, err, errs.FileChanged, "nothing was deleted")
	wantStored(t, st, 0, 1)
}

func TestAFileOfAnotherSizeIsNamedAndNothingIsDeleted(t *testing.T) {
	h, st := storedInPart(t)
	h.file = h.file[:len(h.file)-1]
	m := h.mustOpen(t, st, Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.FileChanged, "nothing was deleted")
	wantStored(t, st, 0, 1)
}

func TestAfterADayStoredChunksAreComparedFirst(t *testing.T) {
	for _, age := range []time.Duration{time.Hour, 25 * time.Hour} {
		h, st := storedInPart(t)
		st.SetInfo(t.Context(), "fake:m.gguf", store.Changes{Used: time.Now().Add(-age)})
		h.file = slices.Clone(h.file)
		h.file[store.ChunkBytes+5] ^= 1
		m := h.mustOpen(t, st, Options{})
		_, err := m.Read(t.Context(), 0, 3*store.ChunkBytes, 1)
		if age < staleAfter {
			if err != nil {
				t.Errorf("after %v: %v", age, err)
			}
			continue
		}
		wantError(t, err, errs.FileChanged, "nothing was deleted")
		wantStored(t, st, 0, 1)
	}
}

func TestAFileMixedFromTwoIsFoundWhenItIsComplete(t *testing.T) {
	h, st := storedInPart(t)
	h.file = slices.Clone(h.file)
	for at := 9; at < len(h.file); at += store.ChunkBytes {
		h.file[at+8192] ^= 1
	}
	m := h.mustOpen(t, st, Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.FileChanged, "nothing was deleted")
	_, err := OpenWith(t.Context(), h, "m.gguf", st, Options{})
	wantError(t, err, errs.FileChanged, "nothing was deleted") // it is not used the next time either
	wantStored(t, st, 0, 1, 2, 3, 4)
	if err := Delete(t.Context(), m.ID, st); err != nil {
		t.Fatal(err)
	}
	mustDownload(t, h.mustOpen(t, st, Options{}))
}

func TestOneDamagedAnswerDoesNotMeanThatTheFileHasChanged(t *testing.T) {
	h, st := storedInPart(t)
	h.alter = altersOnce(1, flipBit) // the answer with which the stored chunk 1 is compared
	m := h.mustOpen(t, st, Options{})
	mustDownload(t, m)
	wantFile(t, m)
	if h.count[1] != 2 {
		t.Errorf("%d requests for the chunk that is compared", h.count[1])
	}
}

func TestAStoredFileIsNotDeletedBecauseItsHeaderIsBad(t *testing.T) {
	h, st := newHostileServer(), newStore()
	h.file = make([]byte, 100)
	info := fetch.Info{Name: "m.gguf", Size: 100, Validator: "1"}
	if _, err := st.OpenFile(t.Context(), "fake:m.gguf", info, ""); err != nil {
		t.Fatal(err)
	}
	_, err := OpenWith(t.Context(), h, "m.gguf", st, Options{})
	wantError(t, err, errs.NotGGUF, "m.gguf: ")
	wantStored(t, st, 0)
}

func TestAPickedFileOfAnotherDateIsRecognisedByItsBytes(t *testing.T) {
	st := newStore()
	files := fetch.Memory{"m.gguf": bigModel()}
	mustDownload(t, mustOpen(t, files, "m.gguf", st))
	date := "1970"
	if err := st.SetInfo(t.Context(), "local:m.gguf", store.Changes{Validator: &date}); err != nil {
		t.Fatal(err)
	}
	m := mustOpen(t, files, "m.gguf", st)
	if missing := m.MissingBytes(nil); missing != 0 {
		t.Errorf("%d bytes are missing", missing)
	}
}

// outage makes requests fail until an hour is over.
func outage(server *fakeServer, d time.Duration) {
	server.setError(errUnreachable)
	time.AfterFunc(d, func() { server.setError(nil) })
}

func TestAPatientDownloadWaitsForTheNetworkAndSaysSo(t *testing.T) {
	bigModel() // outside the bubble
	synctest.Test(t, func(t *testing.T) {
		h := newHostileServer()
		m := h.mustOpen(t, newStore(), Options{Patient: true})
		outage(h.fakeServer, 24*time.Hour)
		var waiting []string
		doneAtChange := int64(0)
		start := time.Now()
		err := m.Download(t.Context(), nil, func(p Progress) {
			if len(waiting) == 0 || waiting[len(waiting)-1] != p.Waiting {
				waiting = append(waiting, p.Waiting)
				doneAtChange = p.Done
			}
		})
		if err != nil || time.Since(start) < 24*time.Hour || time.Since(start) > 24*time.Hour+2*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if want := []string{"the connection was lost", ""}; !slices.Equal(waiting[len(waiting)-2:], want) {
			t.Errorf("waiting is reported as %q, want %q", waiting, want)
		}
		if doneAtChange == m.Bytes() {
			t.Error("that bytes arrive again is not reported before the download has ended")
		}
		wantFile(t, m)
		m.Close()
	})
}

func TestAPatientDownloadEndsWithItsContextAndWithARefusal(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h := newHostileServer()
		m := h.mustOpen(t, newStore(), Options{Patient: true})
		h.setError(errUnreachable)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		wantError(t, m.Download(ctx, nil, nil), errs.Aborted, "stopped")
		if elapsed := time.Since(start); elapsed != time.Hour {
			t.Errorf("after %v", elapsed)
		}
		h.setError(errs.New(errs.NotFound, "there is no such file"))
		wantError(t, m.Download(t.Context(), nil, nil), errs.NotFound, "m.gguf: there is no such file")
		m.Close()
	})
}

func TestAReadThatWaitsForTheNetworkIsReported(t *testing.T) {
	bigModel()
	synctest.Test(t, func(t *testing.T) {
		h := newHostileServer()
		var causes []error
		onWaiting := func(cause error) { causes = append(causes, cause) }
		m := h.mustOpen(t, newStore(), Options{Patient: true, OnWaiting: onWaiting})
		outage(h.fakeServer, time.Hour)
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(time.Minute)
			if why := m.Waiting(); !strings.Contains(why, "lost") {
				t.Errorf("the read in the background waits because of %q", why)
			}
		})
		both.Go(func() { wantRange(t, m, t.Context()) })
		both.Go(func() { wantRange(t, m, t.Context()) })
		both.Go(func() { m.StoreRange(t.Context(), 0, 4*store.ChunkBytes, 1) }) // a background read is not reported
		both.Wait()
		if why := m.Waiting(); why != "" {
			t.Errorf("nothing waits any more, because of %q", why)
		}
		if len(causes) != 2 || causes[0] == nil || causes[1] != nil {
			t.Errorf("reported %v", causes)
		}
		m.Close()
	})
}

func TestADownloadStartsOverOnceWhenTheStorageIsCleared(t *testing.T) {
	st := &clearedStore{Memory: newStore(), after: 2}
	m := newHostileServer().mustOpen(t, st, Options{})
	mustDownload(t, m)
	wantFile(t, m)
	always := &clearedStore{Memory: newStore(), after: 2, again: true}
	m = newHostileServer().mustOpen(t, always, Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.StorageError, "m.gguf: ")
}

// clearedStore is a store that is cleared after a number of chunks, once or again and again.
type clearedStore struct {
	*store.Memory
	mu     sync.Mutex
	after  int
	stored int
	again  bool
}

func (s *clearedStore) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o store.ChunkOptions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash, err := s.Memory.StoreChunk(ctx, id, chunk, src, o)
	if err == nil {
		s.stored++
		if s.stored == s.after {
			s.Memory.Delete(ctx, id)
			if s.again {
				s.stored = 0
			}
		}
	}
	return hash, err
}

func TestARottenChunkIsFetchedAgainOnceASession(t *testing.T) {
	st := newLossyStore()
	m, server := openWithHeader(t, st)
	mustDownload(t, m)
	server.takeRequests()
	rotten := errs.New(errs.Integrity, "other bytes than were stored")
	st.loseChunk(2, rotten)
	wantRange(t, m, t.Context())
	server.wantRequests(t, 2)
	if n := m.FetchedAgain(); n != 1 {
		t.Errorf("%d chunks are counted as fetched again", n)
	}
	st.loseChunk(2, rotten)
	_, err := m.Read(t.Context(), 0, rangeStart, rangeBytes)
	wantError(t, err, errs.StorageError, "does not keep the model")
	if errors.Is(err, rotten) || len(server.takeRequests()) != 0 {
		t.Error("fetched a third time")
	}
}

func TestTwoTabsThatStartAPagedModelAtOnceBothAnswer(t *testing.T) {
	h, st := newHostileServer(), newStore()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			m, err := OpenWith(t.Context(), h, "m.gguf", st, Options{})
			if err == nil {
				err = m.Move(t.Context(), store.OPFS)
			}
			if err == nil {
				err = m.Download(t.Context(), m.File.Tensors[:1], nil)
			}
			if err != nil {
				t.Error(err)
				return
			}
			defer m.Close()
			wantRange(t, m, t.Context())
		})
	}
	both.Wait()
}
