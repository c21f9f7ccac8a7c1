package experts

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// fakeIO records its calls.
type fakeIO struct {
	mu        sync.Mutex
	calls     []string
	offline   map[int64]bool  // ranges, by Range.Offset, that wait for a network that stays unreachable
	gate      chan struct{}   // nil, or every Read waits for a value
	storeGate chan struct{}   // nil, or every Store waits for a value
	fail      map[int64]error // error of the next Read or Store of a range, by Range.Offset
	tableErr  error           // error of the next WriteTable
	blobs     int             // not released
	bytes     int64           // being read, or read and not released
	maxBytes  int64           // the largest value of bytes
}

type fakeBlob struct {
	f *fakeIO
	n int64
}

func (b fakeBlob) Len() int64 { return b.n }
func (b fakeBlob) Release() {
	b.f.mu.Lock()
	defer b.f.mu.Unlock()
	b.f.blobs--
	b.f.bytes -= b.n
}

func (f *fakeIO) record(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fakeIO) count(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += bytes
	f.maxBytes = max(f.maxBytes, f.bytes)
}

func (f *fakeIO) Read(ctx context.Context, r Range) (Blob, error) {
	f.record("read %d", r.Offset)
	f.count(r.Bytes)
	if err := f.wait(ctx, r, f.gate); err != nil {
		f.count(-r.Bytes)
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blobs++
	return fakeBlob{f, r.Bytes}, nil
}

func (f *fakeIO) Store(ctx context.Context, r Range) error {
	f.record("store %d", r.Offset)
	return f.wait(ctx, r, f.storeGate)
}

// wait waits for the network and the gate, and returns the error that the test has set.
func (f *fakeIO) wait(ctx context.Context, r Range, gate chan struct{}) error {
	if f.offline[r.Offset] {
		<-ctx.Done()
		return ctx.Err()
	}
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.fail[r.Offset]
	delete(f.fail, r.Offset)
	return err
}

func (f *fakeIO) Upload(layer, slot int, r Range, b Blob) error {
	f.record("upload %d to %d.%d", r.Offset, layer, slot)
	return nil
}

func (f *fakeIO) WriteTable(table []uint32) error {
	f.record("table %s", show(table))
	err := f.tableErr
	f.tableErr = nil
	return err
}

// show formats a table, with a dot for Missing.
func show(table []uint32) string {
	var b strings.Builder
	for _, s := range table {
		if s == Missing {
			b.WriteByte('.')
		} else {
			fmt.Fprint(&b, s)
		}
	}
	return b.String()
}

// reads returns the recorded calls of Read and Store.
func (f *fakeIO) reads() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, s := range f.calls {
		if strings.HasPrefix(s, "read") || strings.HasPrefix(s, "store") {
			list = append(list, s)
		}
	}
	return strings.Join(list, ", ")
}

// twoRanges returns the ranges of an expert: 10 bytes at 100·layer + 10·expert, and 10 bytes at 1000 more.
func twoRanges(id ID) []Range {
	at := int64(100*id.Layer + 10*id.Expert)
	return []Range{{Matrix: 0, Offset: at, Bytes: 10}, {Matrix: 1, Offset: at + 1000, Bytes: 10}}
}

// newPager returns a pager that is closed at the end of the test, which must leave no blob and no byte behind.
func newPager(t *testing.T, f *fakeIO, s Shape, o Options) *ExpertPager {
	t.Helper()
	if o.Policy == "" {
		o.Policy = "lru"
	}
	p, err := NewExpertPager(s, f, twoRanges, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if f.blobs != 0 || p.queue.bytes != 0 {
			t.Errorf("%d blobs were not released, %d bytes are counted as being read", f.blobs, p.queue.bytes)
		}
	})
	return p
}

// loadExperts loads experts as a token does.
func loadExperts(t *testing.T, p *ExpertPager, layer int, experts ...int) {
	t.Helper()
	if err := p.LoadExperts(t.Context(), layer, experts); err != nil {
		t.Fatal(err)
	}
}
