package session

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader/fetch"
)

// slowFiles are picked files of which every chunk waits until the test allows it.
type slowFiles struct {
	picked
	allowed chan bool
	waiting *atomic.Int32 // reads that wait
}

// Open opens a file whose reads wait.
func (f slowFiles) Open(ctx context.Context, name string) (fetch.Source, error) {
	source, err := f.picked.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return slowSource{source.(fetch.Reader), f}, nil
}

type slowSource struct {
	fetch.Reader
	files slowFiles
}

func (s slowSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (fetch.Bytes, error) {
	s.files.waiting.Add(1)
	defer s.files.waiting.Add(-1)
	select {
	case <-s.files.allowed:
		return s.Reader.ReadRange(ctx, offset, n, progress)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// loadSlowly loads a paged model of 130 MB, so that some chunks hold experts alone. The chunks of the resident tensors
// arrive; then the background download waits for the first of the others.
func loadSlowly(t *testing.T, paging wire.Paging) (*Session, slowFiles) {
	t.Helper()
	files := slowFiles{picked{fetch.Memory{"model.gguf": large()}}, make(chan bool), new(atomic.Int32)}
	s := newMachine().session()
	var once sync.Once
	stored := make(chan bool) // closed when the resident tensors are
	go func() {
		for {
			select {
			case files.allowed <- true:
			case <-stored:
				return
			}
		}
	}()
	paging.Slots = 1
	report := func(p wire.Progress) {
		if p.Phase == "load" {
			once.Do(func() { close(stored) })
		}
	}
	sources := ModelSources{Model: Source{Kind: "files", Files: files}}
	if _, err := s.Load(t.Context(), LoadRequest{sources, paging}, report); err != nil {
		t.Fatal(err)
	}
	return s, files
}

var large = sync.OnceValue(func() []byte {
	return tiny.Llama4{Type: quant.F32, HiddenSize: 1024, NumExperts: 16, NumLayers: 2}.GGUF()
})

func missingBytes(s *Session) int64 { return s.Stats().Paging.BytesMissing }

func TestTheExpertsOfAPagedModelAreDownloadedInTheBackground(t *testing.T) {
	s, files := loadSlowly(t, wire.Paging{})
	if missingBytes(s) == 0 {
		t.Fatal("the whole model is stored as soon as it can answer")
	}
	for deadline := time.Now().Add(20 * time.Second); missingBytes(s) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are missing, and nothing downloads them", missingBytes(s))
		}
		select {
		case files.allowed <- true:
		case <-time.After(time.Millisecond):
		}
	}
	s.Unload(t.Context())
}

func TestUnloadStopsTheBackgroundDownload(t *testing.T) {
	s, files := loadSlowly(t, wire.Paging{})
	for files.waiting.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Unload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := files.waiting.Load(); n != 0 {
		t.Errorf("%d reads continue", n)
	}
}

func TestOnDemandMeansNoBackgroundDownload(t *testing.T) {
	s, files := loadSlowly(t, wire.Paging{OnDemand: true})
	defer s.Unload(t.Context())
	m := s.current()
	m.stopDownload() // waits for its end
	if missingBytes(s) == 0 || files.waiting.Load() != 0 {
		t.Errorf("%d bytes are missing, %d reads are under way", missingBytes(s), files.waiting.Load())
	}
}

func TestADownloadLeavesTheLoadedModelAlone(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	sources := pickedFiles(map[string][]byte{"other.gguf": mixture})
	var last wire.Progress
	if err := s.Download(t.Context(), sources, func(p wire.Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if last.Phase != "download" || last.BytesDone != int64(len(mixture)) || last.BytesTotal != last.BytesDone {
		t.Errorf("the last progress is %+v", last)
	}
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil || len(m.devices) != 1 {
		t.Errorf("%v, %d devices", err, len(m.devices))
	}
	stored, err := s.Models(t.Context())
	if err != nil || len(stored) != 2 || !stored[1].Complete {
		t.Errorf("%+v, %v", stored, err)
	}
}

func TestADownloadRefusesWhatIsNoModel(t *testing.T) {
	s := newMachine().session()
	broken := pickedFiles(map[string][]byte{"model.gguf": []byte("no")})
	if err := s.Download(t.Context(), broken, func(wire.Progress) {}); errs.Of(err).Code != errs.NotGGUF {
		t.Errorf("%v, want not_gguf", err)
	}
}
