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

// line is a server at the end of a line that a test can cut, hold, and listen to.
type line struct {
	file []byte

	mu        sync.Mutex
	asked     []int // chunks, in the order of asking
	opened    int
	validator string
	cut       error         // what asking gives instead
	held      chan struct{} // answers wait until it is closed; nil: they do not
	deaf      bool          // a held answer does not hear that nobody waits for it any more
}

func newLine(file []byte) *line { return &line{file: file, validator: "1"} }

func (l *line) ID(name string) string { return "line:" + name }
func (l *line) Remote() bool          { return true }

func (l *line) Open(_ context.Context, name string) (fetch.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut != nil {
		return nil, l.cut
	}
	l.opened++
	return lineSource{l, fetch.Info{Name: name, Size: int64(len(l.file)), Validator: l.validator}}, nil
}

type lineSource struct {
	*line
	info fetch.Info
}

func (s lineSource) Info() fetch.Info { return s.info }
func (s lineSource) Close()           {}

func (s lineSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (fetch.Bytes, error) {
	s.mu.Lock()
	s.asked = append(s.asked, int(offset/store.ChunkBytes))
	held, deaf, err, file := s.held, s.deaf, s.cut, s.file
	s.mu.Unlock()
	if held != nil && !wait(ctx, held, deaf) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	progress(n / 2)
	if offset+n > int64(len(file)) {
		return nil, errs.New(errs.Truncated, s.info.Name+" ends too early")
	}
	return file[offset : offset+n], nil
}

// wait reports whether held was closed before ctx ended, which the deaf notice late.
func wait(ctx context.Context, held <-chan struct{}, deaf bool) bool {
	if deaf {
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

var errAway = errs.New(errs.ConnectionLost, "the connection was lost").AsRetryable()

// become cuts the line with an error, or mends it with nil.
func (l *line) become(cut error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// hold makes answers wait until release is called.
func (l *line) hold() (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := make(chan struct{})
	l.held = held
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held = nil
		close(held)
	}
}

// take gives the chunks asked for since the last call.
func (l *line) take() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.asked = nil
	return asked
}

func (l *line) wantAsked(t *testing.T, want ...int) {
	t.Helper()
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("asked for chunks %v, want %v", got, want)
	}
}

// leaky is a store that loses chunks.
type leaky struct {
	*store.Memory
	mu    sync.Mutex
	lost  map[int]error // chunks that Read does not give, and why
	sieve bool          // Fill does not bring them back
}

func newLeaky() *leaky { return &leaky{Memory: newStore(), lost: map[int]error{}} }

func (s *leaky) lose(chunk int, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost[chunk] = why
}

func (s *leaky) Read(ctx context.Context, id string, offset, n int64) (Blob, error) {
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

func (s *leaky) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, progress func(int64)) error {
	err := s.Memory.StoreChunk(ctx, id, chunk, src, progress)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && !s.sieve {
		delete(s.lost, chunk)
	}
	return err
}
