package store

import (
	"context"
	"syscall/js"
	"testing"

	"github.com/outrider-web/outrider/loader/fetch"
)

// browserTestStore is the storage worker's store with files of one kind. web/test/storage.mjs runs it in Node and
// e2e/contract-worker.mjs in Chromium; both install the global storageTest, which makes it fail.
type browserTestStore struct {
	Browser
	fileKind Kind
}

func (s browserTestStore) kind() Kind { return s.fileKind }

func (browserTestStore) location(files map[string][]byte) fetch.Location {
	list := js.Global().Get("Array").New()
	for name, b := range files {
		list.Call("push", js.Global().Get("File").New([]any{bytesToJS(b)}, name, map[string]any{"lastModified": 1}))
	}
	return fetch.PickedFiles(list)
}

func (s browserTestStore) setFull(t *testing.T, on bool) {
	callStorageTest(t, "setFull", on, string(s.fileKind))
}

func (browserTestStore) corrupt(t *testing.T, id string, chunk int, b []byte) {
	callStorageTest(t, "corrupt", id, chunk, bytesToJS(b))
}

// callStorageTest calls a method of the global storageTest and waits until its promise is settled.
func callStorageTest(t *testing.T, method string, args ...any) {
	done := make(chan bool)
	settled := func(ok bool) js.Func {
		return js.FuncOf(func(js.Value, []js.Value) any { done <- ok; return nil })
	}
	js.Global().Get("storageTest").Call(method, args...).Call("then", settled(true), settled(false))
	if !<-done {
		t.Fatalf("%s failed", method)
	}
}

func bytesToJS(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

func TestIndexedDBMeetsTheContract(t *testing.T) {
	testContract(t, browserTestStore{fileKind: IndexedDB})
}

func TestOPFSMeetsTheContract(t *testing.T) { testContract(t, browserTestStore{fileKind: OPFS}) }

func TestBrowserCountsHeldBytes(t *testing.T) {
	b := newStoreTest(t, browserTestStore{fileKind: IndexedDB})
	b.store(0)
	blob, err := b.Read(context.Background(), b.id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if held, peak := fetch.HeldBytes(); held != 1000 || peak < ChunkBytes {
		t.Errorf("%d bytes held, %d at the peak, want 1000 and at least a chunk", held, peak)
	}
	blob.Release()
	if held, _ := fetch.HeldBytes(); held != 0 {
		t.Errorf("%d bytes held after release", held)
	}
}

func TestProbeMeasuresEveryKindAndDeletesItsFile(t *testing.T) {
	for _, kind := range []Kind{IndexedDB, OPFS} {
		speed, err := Browser{}.Probe(t.Context(), kind)
		if err != nil || speed.Kind != kind || speed.Write <= 0 || speed.Read <= 0 || speed.Free < 0 {
			t.Errorf("%+v %v", speed, err)
		}
		if _, ok, err := (Browser{}).Find(t.Context(), "scratch:"); ok || err != nil {
			t.Errorf("the scratch file is still stored: %v %v", ok, err)
		}
	}
}

func TestLinkSpeedMeasuresASource(t *testing.T) {
	src, err := browserTestStore{}.location(map[string][]byte{"m": contractFile}).Open(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if speed, err := fetch.LinkSpeed(t.Context(), src); err != nil || speed < 1e6 {
		t.Errorf("%g bytes/s, %v", speed, err)
	}
}
