package loader

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// fakeServer is a location with one file. It records requests, and a test can make it fail or delay its responses.
type fakeServer struct {
	file []byte

	mu           sync.Mutex
	requests     []int // the chunks requested, in order
	opened       int   // successful calls of Open
	validator    string
	err          error         // if not nil, what every request returns
	held         chan struct{} // if not nil, responses wait until it is closed
	ignoreCancel bool          // a held response waits on when its context ends
}

func newFakeServer(file []byte) *fakeServer { return &fakeServer{file: file, validator: "1"} }

func (f *fakeServer) ID(name string) string { return "fake:" + name }
func (f *fakeServer) Remote() bool          { return true }

func (f *fakeServer) Open(_ context.Context, name string) (fetch.Source, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	f.opened++
	return fakeSource{f, fetch.Info{Name: name, Size: int64(len(f.file)), Validator: f.validator}}, nil
}

type fakeSource struct {
	*fakeServer
	info fetch.Info
}

func (s fakeSource) Info() fetch.Info { return s.info }
func (s fakeSource) Close()           {}

func (s fakeSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (fetch.Bytes, error) {
	s.mu.Lock()
	s.requests = append(s.requests, int(offset/store.ChunkBytes))
	held, ignoreCancel, err, file := s.held, s.ignoreCancel, s.err, s.file
	s.mu.Unlock()
	if held != nil && !waitFor(ctx, held, ignoreCancel) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	progress(n / 2)
	if offset+n > int64(len(file)) {
		return nil, errs.New(errs.Truncated, s.info.Name+" is too short")
	}
	return file[offset : offset+n], nil
}

// waitFor reports whether held was closed before ctx ended. With ignoreCancel it waits for held in any case.
func waitFor(ctx context.Context, held <-chan struct{}, ignoreCancel bool) bool {
	if ignoreCancel {
		<-held
		return ctx.Err() == nil
	}
	select {
	case <-held:
		return true
	case <-ctx.Done():
		return false
	}
}

var errUnreachable = errs.New(errs.ConnectionLost, "the connection was lost")

// setError makes every request fail with err, or succeed again if err is nil.
func (f *fakeServer) setError(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// holdResponses makes responses wait until release is called.
func (f *fakeServer) holdResponses() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := make(chan struct{})
	f.held = held
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.held = nil
		close(held)
	}
}

// takeRequests returns the chunks requested since the last call.
func (f *fakeServer) takeRequests() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

// numRequests returns the number of requests since the last call of takeRequests.
func (f *fakeServer) numRequests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

func (f *fakeServer) wantRequests(t *testing.T, want ...int) {
	t.Helper()
	if got := f.takeRequests(); !slices.Equal(got, want) {
		t.Errorf("chunks %v were requested, want %v", got, want)
	}
}

// lossyStore is a store that loses chunks.
type lossyStore struct {
	*store.Memory
	mu         sync.Mutex
	lost       map[int]error // for each lost chunk, what Read returns
	losesAgain bool          // chunks stay lost after StoreChunk
}

func newLossyStore() *lossyStore { return &lossyStore{Memory: newStore(), lost: map[int]error{}} }

// loseChunk makes Read of a chunk return err until the chunk is stored again.
func (s *lossyStore) loseChunk(chunk int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost[chunk] = err
}

// Find returns a record in which lost chunks are not stored.
func (s *lossyStore) Find(ctx context.Context, id string) (store.File, bool, error) {
	file, known, err := s.Memory.Find(ctx, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	for chunk := range s.lost {
		file.Chunks[chunk] = false
	}
	return file, known, err
}

func (s *lossyStore) Read(ctx context.Context, id string, offset, n int64) (Blob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, end := chunkRange(offset, n)
	for chunk := first; chunk < end; chunk++ {
		if err := s.lost[chunk]; err != nil {
			return nil, err
		}
	}
	return s.Memory.Read(ctx, id, offset, n)
}

func (s *lossyStore) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o store.ChunkOptions) (string, error) {
	s.mu.Lock()
	o.Replace = o.Replace || s.lost[chunk] != nil
	s.mu.Unlock()
	hash, err := s.Memory.StoreChunk(ctx, id, chunk, src, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && !s.losesAgain {
		delete(s.lost, chunk)
	}
	return hash, err
}

// setStore has a model use another store.
func (m *Model) setStore(st store.Store) {
	m.store = st
	for _, p := range m.parts {
		p.store = st
	}
}
