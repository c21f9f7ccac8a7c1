package store

import (
	"context"
	"syscall/js"
	"testing"

	"github.com/outrider-web/outrider/loader/fetch"
)

// browserSubject is the storage worker's store with files of one kind. web/test/storage.mjs runs it inside Node and lets
// it fail, e2e/storage.test.mjs inside Chromium.
type browserSubject struct {
	Browser
	held Kind
}

func (s browserSubject) kind() Kind { return s.held }

func (browserSubject) place(files map[string][]byte) fetch.Location {
	list := js.Global().Get("Array").New()
	for name, b := range files {
		list.Call("push", js.Global().Get("File").New([]any{bytesToJS(b)}, name, map[string]any{"lastModified": 1}))
	}
	return fetch.PickedFiles(list)
}

func (s browserSubject) setFull(t *testing.T, on bool) { spoil(t, "setFull", on, string(s.held)) }

func (browserSubject) corrupt(t *testing.T, id string, chunk int, b []byte) {
	spoil(t, "corrupt", id, chunk, bytesToJS(b))
}

// spoil calls a way to make the storage worker fail and waits until that is done.
func spoil(t *testing.T, way string, args ...any) {
	done := make(chan bool)
	settled := func(ok bool) js.Func {
		return js.FuncOf(func(js.Value, []js.Value) any { done <- ok; return nil })
	}
	js.Global().Get("storageTest").Call(way, args...).Call("then", settled(true), settled(false))
	if !<-done {
		t.Fatalf("%s failed", way)
	}
}

func bytesToJS(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

func TestIndexedDBKeepsTheContract(t *testing.T) { testContract(t, browserSubject{held: IndexedDB}) }

func TestOPFSKeepsTheContract(t *testing.T) { testContract(t, browserSubject{held: OPFS}) }

func TestBrowserCountsBytesInFlight(t *testing.T) {
	b := newBench(t, browserSubject{held: IndexedDB})
	b.fill(0)
	blob, err := b.Read(context.Background(), b.id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if held, peak := fetch.HeldBytes(); held != 1000 || peak < ChunkBytes {
		t.Errorf("%d bytes held, at most %d, want 1000 and at least a chunk", held, peak)
	}
	blob.Release()
	if held, _ := fetch.HeldBytes(); held != 0 {
		t.Errorf("%d bytes held after release", held)
	}
}

func TestProbeMeasuresEveryKindAndLeavesNothing(t *testing.T) {
	for _, kind := range []Kind{IndexedDB, OPFS} {
		speed, err := Browser{}.Probe(t.Context(), kind)
		if err != nil || speed.Kind != kind || speed.Write <= 0 || speed.Read <= 0 || speed.Free < 0 {
			t.Errorf("%+v %v", speed, err)
		}
		if _, ok, err := (Browser{}).Find(t.Context(), "scratch:"); ok || err != nil {
			t.Errorf("the scratch file is left: %v %v", ok, err)
		}
	}
}

func TestLinkSpeedCountsWhatComes(t *testing.T) {
	src, err := browserSubject{}.place(map[string][]byte{"m": contractFile}).Open(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if speed, err := fetch.LinkSpeed(t.Context(), src); err != nil || speed < 1e6 {
		t.Errorf("%g bytes/s, %v", speed, err)
	}
}
