//go:build !js

package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// The model has 130 MB, so that some chunks of the file have nothing but experts.
func TestUnusedExpertsAreDownloadedInTheBackgroundUnlessOnDemand(t *testing.T) {
	file := fetch.Memory{"model.gguf": tiny.Llama4{Type: quant.F32, HiddenSize: 1024, NumExperts: 16, NumLayers: 2}.GGUF()}
	for _, onDemand := range []bool{false, true} {
		st, b, o := store.NewMemory(math.MaxInt64), ref.New(), Options{Paging: Paging{Slots: 1, OnDemand: onDemand}}
		files, err := loader.Open(t.Context(), file, "model.gguf", st, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		complete := func() bool {
			models, err := loader.List(t.Context(), st)
			return err == nil && models[0].Complete
		}
		e := openPaged(t, b, files, o)
		if complete() {
			t.Error("the model is complete before it has been downloaded")
		}
		if err := e.DownloadExperts(t.Context()); err != nil || complete() == onDemand {
			t.Errorf("on demand %v: the model is complete: %v, %v", onDemand, complete(), err)
		}
	}
}

// openPaged opens a model of which only the resident tensors are stored.
func openPaged(t *testing.T, b *ref.Backend, files *loader.Model, o Options) *Engine {
	t.Helper()
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Download(t.Context(), plan.ResidentTensors(b.Limits(), o), nil); err != nil {
		t.Fatal(err)
	}
	e, err := plan.Open(t.Context(), b, files, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// gatedLocation has files that are read only when read, which may be nil, returns nil.
type gatedLocation struct {
	fetch.Memory
	read *func(ctx context.Context) error
}

func (l gatedLocation) Open(ctx context.Context, name string) (fetch.Source, error) {
	src, err := l.Memory.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return gatedSource{src.(fetch.Reader), l.read}, nil
}

// gatedSource is a file of a gatedLocation.
type gatedSource struct {
	fetch.Reader
	read *func(ctx context.Context) error
}

func (s gatedSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (fetch.Bytes, error) {
	if *s.read != nil {
		if err := (*s.read)(ctx); err != nil {
			return nil, err
		}
	}
	return s.Reader.ReadRange(ctx, offset, n, progress)
}

// openGated opens the wide model, of which only the resident tensors are stored. What read points to may be set then.
func openGated(t *testing.T, file []byte, o Options) (e *Engine, files *loader.Model,
	read *func(ctx context.Context) error) {
	t.Helper()
	read = new(func(ctx context.Context) error)
	location := gatedLocation{fetch.Memory{"model.gguf": file}, read}
	files, err := loader.Open(t.Context(), location, "model.gguf", store.NewMemory(math.MaxInt64), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	return openPaged(t, ref.New(), files, o), files, read
}

// The user is not told that it waits: no answer does.
func TestTheBackgroundDownloadWaitsForTheNetwork(t *testing.T) {
	file := wide.GGUF()
	synctest.Test(t, func(t *testing.T) {
		waits, failures := 0, 0
		o := Options{Paging: Paging{Slots: 1, OnWaiting: func(error) { waits++ }}}
		e, files, read := openGated(t, file, o)
		*read = func(context.Context) error {
			if failures++; failures <= 5 {
				return errs.New(errs.ConnectionLost, "gone")
			}
			return nil
		}
		if err := e.DownloadExperts(t.Context()); err != nil || files.MissingBytes(nil) != 0 {
			t.Errorf("%d bytes are missing, %v", files.MissingBytes(nil), err)
		}
		if waits != 0 {
			t.Errorf("OnWaiting was called %d times", waits)
		}
	})
}

func TestTheBackgroundDownloadEndsWithAnotherError(t *testing.T) {
	e, files, read := openGated(t, wide.GGUF(), Options{Paging: Paging{Slots: 1}})
	*read = func(context.Context) error { return errDisk }
	if err := e.DownloadExperts(t.Context()); !errors.Is(err, errDisk) || files.MissingBytes(nil) == 0 {
		t.Errorf("%v, %d bytes are missing", err, files.MissingBytes(nil))
	}
}

func TestCloseEndsTheBackgroundDownload(t *testing.T) {
	file := wide.GGUF()
	synctest.Test(t, func(t *testing.T) {
		e, _, read := openGated(t, file, Options{Paging: Paging{Slots: 1}})
		*read = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		ended := make(chan error, 1)
		go func() { ended <- e.DownloadExperts(t.Context()) }()
		synctest.Wait()
		if len(ended) > 0 {
			t.Fatal("the download ended without the network")
		}
		e.Close()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}

// The model answers with experts that are fetched on demand while the background download is in progress.
func TestAnAnswerOvertakesTheBackgroundDownload(t *testing.T) {
	file, p := wide.GGUF(), Params{MaxTokens: 4, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, Options{}), numbered(3), p)
	e, files, _ := openGated(t, file, Options{Paging: Paging{Slots: 1, Prefetch: true}})
	ended := make(chan error, 1)
	go func() { ended <- e.DownloadExperts(t.Context()) }()
	if got, _ := generate(t, e, numbered(3), p); !slices.Equal(got, want) {
		t.Errorf("the tokens are %v, want %v", got, want)
	}
	if err := <-ended; err != nil || files.MissingBytes(nil) != 0 {
		t.Errorf("%d bytes are missing, %v", files.MissingBytes(nil), err)
	}
}
