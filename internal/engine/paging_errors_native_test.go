//go:build !js

package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/sample"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// failingStore is a store whose reads fail when the test says so.
type failingStore struct {
	store.Store
	mu    sync.Mutex
	reads int                       // number of reads so far
	fail  func(read int) error      // may be nil
	wait  func(ctx context.Context) // may be nil
}

func (s *failingStore) Read(ctx context.Context, id string, offset, n int64) (fetch.Blob, error) {
	s.mu.Lock()
	s.reads++
	read, fail, wait := s.reads, s.fail, s.wait
	s.mu.Unlock()
	if wait != nil {
		wait(ctx)
	}
	if fail != nil {
		if err := fail(read); err != nil {
			return nil, err
		}
	}
	return s.Store.Read(ctx, id, offset, n)
}

// set replaces fail and counts reads from 0.
func (s *failingStore) set(fail func(read int) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads, s.fail = 0, fail
}

// openFailing opens a paged model with a failingStore.
func openFailing(t *testing.T, file []byte, o Options) (*Engine, *failingStore) {
	t.Helper()
	st := &failingStore{Store: store.NewMemory(math.MaxInt64)}
	files, err := loader.Open(t.Context(), fetch.Memory{"model.gguf": file}, "model.gguf", st, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	e, err := plan.Open(t.Context(), ref.New(), files, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); files.Close() })
	return e, st
}

var errDisk = errors.New("the disk has failed")

// Each of the reads fails once in one of the runs. The answer ends with the error, and continues when it is requested
// again.
func TestAReadThatFailsEndsAnAnswerThatCanContinue(t *testing.T) {
	file := pagedFile(pagedModels["two of six between dense layers"])
	for _, p := range []Params{{}, {Options: sample.Options{Temperature: 1, TopK: 1}}} {
		p.MaxTokens, p.Stop = 9, never
		want, _ := generate(t, open(t, ref.New(), file, smallBatches(Paging{})), numbered(28), p)
		for at, failed := 1, true; failed; at += 3 {
			e, st := openFailing(t, file, smallBatches(Paging{Slots: 2, Policy: "lru"}))
			failed = false
			st.set(func(read int) error {
				if read == at {
					failed = true
					return errDisk
				}
				return nil
			})
			got := generateWithRetries(t, e, numbered(28), p, func(err error) bool { return errors.Is(err, errDisk) })
			if !slices.Equal(got, want) {
				t.Errorf("with read %d failing the tokens are %v, want %v", at, got, want)
			}
			e.Close()
		}
	}
}

// generateWithRetries requests the rest of an answer until it is complete.
func generateWithRetries(t *testing.T, e *Engine, prompt []int32, p Params,
	expected func(error) bool) (answer []int32) {
	t.Helper()
	for total := p.MaxTokens; len(answer) < total; {
		p.MaxTokens = total - len(answer)
		before := answer
		_, err := e.Generate(t.Context(), Prompt{Tokens: slices.Concat(prompt, before)}, p, func(token int32) bool {
			answer = append(answer, token)
			return true
		})
		if err != nil && !expected(err) {
			t.Fatal(err)
		}
		if len(e.history) != e.model.Len() {
			t.Fatalf("the history has %d tokens, the model %d", len(e.history), e.model.Len())
		}
	}
	return answer
}

// The model is deleted from the store while it is used: what is missing is fetched from its source again.
func TestAModelThatVanishesFromTheStoreIsFetchedAgain(t *testing.T) {
	file := pagedFile(pagedModels["two of six"])
	p := Params{MaxTokens: 6, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, smallBatches(Paging{})), numbered(20), p)
	e, st := openFailing(t, file, smallBatches(Paging{Slots: 2}))
	st.set(func(read int) error {
		if read%50 == 10 {
			st.Delete(t.Context(), "local:model.gguf")
		}
		return nil
	})
	if got, _ := generate(t, e, numbered(20), p); !slices.Equal(got, want) {
		t.Errorf("the tokens are %v, want %v", got, want)
	}
}

// wide is a model so large that some chunks of the file have nothing but experts.
var wide = tiny.Llama4{Seed: 4, Type: quant.F32, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2, NumLayers: 2,
	NumExperts: 4, ExpertWidth: 8192, ContextSize: 60}

func TestAPagedModelAnswersBeforeAllExpertsAreDownloaded(t *testing.T) {
	file, o := wide.GGUF(), Options{Paging: Paging{Slots: 1}}
	p := Params{MaxTokens: 4, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, Options{}), numbered(3), p)
	files, err := loader.Open(t.Context(), fetch.Memory{"model.gguf": file}, "model.gguf", store.NewMemory(math.MaxInt64),
		nil)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	plan, err := Read(files.File)
	if err == nil {
		err = files.Download(t.Context(), plan.ResidentTensors(ref.New().Limits(), o), nil)
	}
	if err != nil || files.MissingBytes(nil) == 0 {
		t.Fatalf("after the resident tensors %d bytes are missing, %v; want some", files.MissingBytes(nil), err)
	}
	e, err := plan.Open(t.Context(), ref.New(), files, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got, _ := generate(t, e, numbered(3), p); !slices.Equal(got, want) {
		t.Errorf("the tokens are %v, want %v", got, want)
	}
	if err := e.DownloadExperts(t.Context()); err != nil || files.MissingBytes(nil) != 0 {
		t.Errorf("in the end %d bytes are missing, %v", files.MissingBytes(nil), err)
	}
}

func TestAnAnswerWaitsForTheNetwork(t *testing.T) {
	file := pagedFile(pagedModels["one of six"])
	p := Params{MaxTokens: 6, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, smallBatches(Paging{})), numbered(20), p)
	synctest.Test(t, func(t *testing.T) {
		var waiting []bool
		o := smallBatches(Paging{Slots: 2})
		o.OnWaiting = func(why error) { waiting = append(waiting, why != nil) }
		e, st := openFailing(t, file, o)
		st.set(func(read int) error {
			if read >= 5 && read < 12 || read >= 60 && read < 62 {
				return errs.New(errs.ConnectionLost, "gone")
			}
			return nil
		})
		if got, _ := generate(t, e, numbered(20), p); !slices.Equal(got, want) {
			t.Errorf("the tokens are %v, want %v", got, want)
		}
		if len(waiting) < 2 || len(waiting)%2 != 0 || !waiting[0] || waiting[len(waiting)-1] {
			t.Errorf("the calls of OnWaiting are %v", waiting)
		}
	})
}

// The answer is stopped in the prompt and in decode.
func TestAPagedModelAnswersAgainAfterAStopDuringAMiss(t *testing.T) {
	file := pagedFile(pagedModels["two of six between dense layers"])
	p := Params{MaxTokens: 6, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, smallBatches(Paging{})), numbered(20), p)
	for at := 1; at < 60; at += 4 {
		synctest.Test(t, func(t *testing.T) {
			e, st := openFailing(t, file, smallBatches(Paging{Slots: 2, Prefetch: true}))
			ctx, cancel := context.WithCancel(t.Context())
			hang := make(chan struct{})
			st.wait = func(read context.Context) {
				st.mu.Lock()
				n := st.reads
				st.mu.Unlock()
				if n == at {
					cancel()
				}
				if n >= at {
					select {
					case <-hang:
					case <-read.Done():
					}
				}
			}
			st.set(nil)
			_, err := e.Generate(ctx, Prompt{Tokens: numbered(20)}, p, func(int32) bool { return true })
			close(hang)
			if errs.Of(err).Code != errs.Aborted || len(e.history) != e.model.Len() {
				t.Fatalf("stopped at read %d: %v, %d tokens of history, %d of the model", at, err, len(e.history), e.model.Len())
			}
			if got, _ := generate(t, e, numbered(20), p); !slices.Equal(got, want) {
				t.Errorf("after a stop at read %d the tokens are %v, want %v", at, got, want)
			}
			cancel()
		})
	}
}
