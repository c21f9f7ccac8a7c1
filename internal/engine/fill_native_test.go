//go:build !js

package engine

import (
	"math"
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// A model of 130 MB, so that some chunks of the store hold experts alone.
func TestTheExpertsThatNobodyWantsComeLastOrNotAtAll(t *testing.T) {
	file := fetch.Memory{"model.gguf": tiny.Llama4{Type: quant.F32, HiddenSize: 1024, NumExperts: 16, NumLayers: 2}.GGUF()}
	for _, onDemand := range []bool{false, true} {
		st, b, o := store.NewMemory(math.MaxInt64), ref.New(), Options{Paging: Paging{Slots: 1, OnDemand: onDemand}}
		files, err := loader.Open(t.Context(), file, "model.gguf", st, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		whole := func() bool {
			models, err := loader.List(t.Context(), st)
			return err == nil && models[0].Complete
		}
		e := openResidents(t, b, files, o)
		if whole() {
			t.Error("the whole model is there as soon as it can answer")
		}
		if err := e.DownloadExperts(t.Context()); err != nil || whole() == onDemand {
			t.Errorf("on demand %v: the whole model is there: %v, %v", onDemand, whole(), err)
		}
	}
}

// openResidents opens a model of which only the residents are in the store.
func openResidents(t *testing.T, b *ref.Backend, files *loader.Model, o Options) *Engine {
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
