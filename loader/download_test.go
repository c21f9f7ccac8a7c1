package loader

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// httpServer serves one model at every path and records which chunks are requested. A test may replace its handler.
type httpServer struct {
	*httptest.Server
	file []byte
	etag string

	mu       sync.Mutex
	requests map[int64]int64  // bytes of each range by its first byte, except the one byte that Open requests
	handler  http.HandlerFunc // if not nil, serves all requests
}

func newHTTPServer(t *testing.T, file []byte) *httpServer {
	s := &httpServer{file: file, etag: `"1"`, requests: map[int64]int64{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Server.Close)
	return s
}

func (s *httpServer) serve(w http.ResponseWriter, r *http.Request) {
	var from, to int64
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
	s.mu.Lock()
	if to > 0 {
		s.requests[from] = to - from + 1
	}
	handler := s.handler
	s.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	w.Header().Set("ETag", s.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.file))
}

func (s *httpServer) setHandler(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

// takeChunks returns the chunks requested since the last call, sorted, each once: net/http may repeat a request.
func (s *httpServer) takeChunks() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []int64
	for from := range s.requests {
		list = append(list, from/store.ChunkBytes)
	}
	clear(s.requests)
	slices.Sort(list)
	return slices.Compact(list)
}

// takeBytes returns how many bytes were requested since the last call, those of a repeated request once.
func (s *httpServer) takeBytes() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, bytes := range s.requests {
		n += bytes
	}
	clear(s.requests)
	return n
}

func (s *httpServer) open(t *testing.T, st store.Store) (*Model, error) {
	location, name := fetch.SplitURL(s.URL + "/models/m.gguf")
	m, err := Open(t.Context(), location, name, st, nil)
	if err == nil {
		t.Cleanup(m.Close)
	}
	return m, err
}

func (s *httpServer) mustOpen(t *testing.T, st store.Store) *Model {
	t.Helper()
	m, err := s.open(t, st)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDownloadFetchesMissingChunksOnce(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	if got := s.takeChunks(); !slices.Equal(got, []int64{0}) {
		t.Errorf("Open requested chunks %v", got)
	}
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.takeChunks(); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("Download requested chunks %v", got)
	}
	f, _, _ := st.Find(t.Context(), m.ID)
	if !f.Complete() {
		t.Errorf("%d of %d bytes stored", f.Stored(), f.Size)
	}
}

func TestACompleteModelOpensWithoutTheServer(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := OpenStored(t.Context(), m.ID, st, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Download(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
	if err := again.Load(t.Context(), again.File.Tensors, ignorePieces, nil); err != nil {
		t.Error(err)
	}
}

func TestDownloadResumesAfterALostConnection(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	s.setHandler(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Range"), fmt.Sprintf("bytes=%d-", 3*store.ChunkBytes)) {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("ETag", s.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.file))
	})
	err := m.Download(t.Context(), nil, nil)
	wantError(t, err, errs.ConnectionLost, "m.gguf: ")
	if !errs.Of(err).Retryable {
		t.Error("not retryable")
	}
	f, _, _ := st.Find(t.Context(), m.ID)
	if f.Complete() || f.Chunks[3] {
		t.Errorf("chunks %v count as stored", f.Chunks)
	}
	s.setHandler(nil)
	s.takeBytes()
	again := s.mustOpen(t, st)
	if err := again.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	missing := int64(0)
	for chunk, stored := range f.Chunks {
		if !stored {
			missing += f.ChunkLen(chunk)
		}
	}
	compared := int64(0) // samples of stored chunks show that the file has not changed
	for _, chunk := range spread(storedChunks(f), maxCompared) {
		compared += min(sampleBytes, f.ChunkLen(chunk))
	}
	if got := s.takeBytes(); got != missing+compared {
		t.Errorf("%d bytes were requested again, want the missing ones and samples, %d + %d", got, missing, compared)
	}
}

func TestAnIncompleteModelOpensWithoutTheServerAndCountsMissingBytes(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	up, _ := m.File.Tensor("blk.0.ffn_up.weight")
	resident := []gguf.Tensor{up}
	if err := m.Download(t.Context(), resident, nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := OpenStored(t.Context(), m.ID, st, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, all := again.MissingBytes(resident), again.MissingBytes(nil); r != 0 || all != store.ChunkBytes {
		t.Errorf("%d and %d bytes missing", r, all)
	}
	if err := again.Load(t.Context(), resident, ignorePieces, nil); err != nil {
		t.Error(err)
	}
	wantError(t, again.Download(t.Context(), nil, nil), errs.ConnectionLost, "m.gguf: ")
}

func TestOpenReportsServersThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		code    errs.Code
	}{
		"no such file": {http.NotFound, errs.NotFound},
		"no ranges":    {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("GGUF")) }, errs.NoRanges},
		"forbidden":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, errs.HTTPStatus},
		"broken":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, errs.ConnectionLost},
		"no size":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206) }, errs.NoRanges},
	} {
		t.Run(name, func(t *testing.T) {
			s, st := newHTTPServer(t, nil), newStore()
			s.setHandler(c.handler)
			_, err := s.open(t, st)
			wantError(t, err, c.code, "m.gguf: ")
			if files, _ := st.List(t.Context()); len(files) != 0 {
				t.Errorf("the store still has %+v", files)
			}
		})
	}
}

func TestAFullStoreReportsTheBytesNeeded(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), store.NewMemory(40<<20)
	m := s.mustOpen(t, st)
	err := m.Download(t.Context(), nil, nil)
	f, _, _ := st.Find(t.Context(), m.ID)
	wantError(t, err, errs.StorageFull, fmt.Sprintf("%.1f MB more are needed", float64(m.Bytes()-f.Stored())/1e6))
	if f.Complete() || f.Stored() < 2*store.ChunkBytes {
		t.Errorf("%d bytes kept", f.Stored())
	}
	if !errs.Of(err).Retryable {
		t.Error("not retryable")
	}
}

func TestAStoreFullAtTheHeaderReportsTheBytesNeeded(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), store.NewMemory(1<<20)
	_, err := s.open(t, st)
	wantError(t, err, errs.StorageFull, "more are needed")
}

func TestDownloadStopsWhenItsContextEnds(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	ctx, cancel := context.WithCancel(t.Context())
	s.setHandler(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	wantError(t, m.Download(ctx, nil, nil), errs.Aborted, "stopped")
}

func TestDownloadRefetchesChunksThatVerifyRemoved(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Verify(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d changed, %v", n, err)
	}
	m.setStore(changedChunkStore{st})
	if n, err := m.Verify(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d changed, %v", n, err)
	}
	s.takeChunks()
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.takeChunks(); !slices.Equal(got, []int64{2}) {
		t.Errorf("chunks %v were requested", got)
	}
}

// changedChunkStore is a store whose Verify removes the third chunk.
type changedChunkStore struct{ store.Store }

func (f changedChunkStore) Verify(context.Context, string) (int, error) { return 1, nil }

func (f changedChunkStore) Find(ctx context.Context, id string) (store.File, bool, error) {
	file, ok, err := f.Store.Find(ctx, id)
	file.Chunks[2] = false
	return file, ok, err
}

func (f changedChunkStore) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o store.ChunkOptions) (string, error) {
	o.Replace = true
	return f.Store.StoreChunk(ctx, id, chunk, src, o)
}

func TestDownloadFetchesOnlyTheChunksOfTheTensors(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	s.takeChunks()
	up, _ := m.File.Tensor("blk.0.ffn_up.weight")
	var last Progress
	if err := m.Download(t.Context(), []gguf.Tensor{up}, func(p Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if got := s.takeChunks(); !slices.Equal(got, []int64{2, 3, 4}) {
		t.Errorf("chunks %v were requested", got)
	}
	if want := m.Bytes() - 2*store.ChunkBytes; last.Done != want || last.Total != want {
		t.Errorf("%d of %d bytes, want %d", last.Done, last.Total, want)
	}
}

func TestChunksFollowTheOrderOfTheTensors(t *testing.T) {
	m := mustOpen(t, fetch.Memory{"m.gguf": bigModel()}, "m.gguf", newStore())
	up, _ := m.File.Tensor("blk.0.ffn_up.weight")
	embd, _ := m.File.Tensor("token_embd.weight")
	got := m.chunksOf([]gguf.Tensor{{Name: "empty", Offset: 5}, up, embd})
	if want := []chunk{{0, 2}, {0, 3}, {0, 4}, {0, 0}, {0, 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestProgressCountsUpToTheTotal(t *testing.T) {
	s, st := newHTTPServer(t, bigModel()), newStore()
	m := s.mustOpen(t, st)
	for _, run := range []struct {
		phase Phase
		total int64
		do    func(report func(Progress)) error
	}{
		{PhaseDownload, m.Bytes(), func(report func(Progress)) error { return m.Download(t.Context(), nil, report) }},
		{PhaseLoad, m.File.Tensors[0].Size, func(report func(Progress)) error {
			return m.Load(t.Context(), m.File.Tensors[:1], ignorePieces, report)
		}},
	} {
		var last Progress
		err := run.do(func(p Progress) {
			if p.Phase != run.phase || p.Done < last.Done || p.Total != run.total {
				t.Errorf("%+v after %+v", p, last)
			}
			last = p
		})
		if err != nil || last.Done != run.total {
			t.Errorf("%s ended at %+v, %v", run.phase, last, err)
		}
	}
}

func TestMeterAveragesTheLastSeconds(t *testing.T) {
	var last Progress
	m := newProgressMeter(PhaseDownload, 1000, func(p Progress) { last = p })
	at := time.Unix(0, 0)
	m.now = func() time.Time { return at }
	m.addStored(100)
	count := m.startPiece()
	count(store.ChunkProgress{Received: 0})
	if last.BytesPerSecond != 0 || last.SecondsLeft != 0 {
		t.Errorf("a rate without elapsed time: %+v", last)
	}
	for range 10 { // 10 bytes a second for ten seconds
		at = at.Add(time.Second)
		count(store.ChunkProgress{Received: at.Unix() * 10})
	}
	if last.BytesPerSecond != 10 || last.SecondsLeft != 80 || last.Done != 200 {
		t.Errorf("%+v, want 10 B/s, 80 s left, 200 done", last)
	}
	at = at.Add(5 * time.Second)
	count(store.ChunkProgress{Received: 600})
	if last.BytesPerSecond != 100 || last.SecondsLeft != 3 {
		t.Errorf("%+v, want the last five seconds: 100 B/s, 3 s left", last)
	}
	before := last
	at = at.Add(time.Millisecond)
	count(store.ChunkProgress{Received: 601})
	if last != before {
		t.Error("a second report within a millisecond")
	}
}
