package store

import (
	"context"
	"syscall/js"
	"testing"

	"github.com/outrider-web/outrider/loader/fetch"
)

// browserSubject is the storage worker's store; web/test/storage.mjs runs it inside Node and lets it fail.
type browserSubject struct{ Browser }

func (browserSubject) place(files map[string][]byte) fetch.Place {
	list := js.Global().Get("Array").New()
	for name, b := range files {
		list.Call("push", js.Global().Get("File").New([]any{bytesToJS(b)}, name, map[string]any{"lastModified": 1}))
	}
	return fetch.PickedFiles(list)
}

func (browserSubject) setFull(on bool) { js.Global().Get("storageTest").Call("setFull", on) }

func (browserSubject) corrupt(t *testing.T, id string, chunk int, b []byte) {
	done := make(chan bool)
	settled := func(ok bool) js.Func {
		return js.FuncOf(func(js.Value, []js.Value) any { done <- ok; return nil })
	}
	js.Global().Get("storageTest").Call("corrupt", id, chunk, bytesToJS(b)).Call("then", settled(true), settled(false))
	if !<-done {
		t.Fatal("could not replace the chunk")
	}
}

func bytesToJS(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

func TestBrowserKeepsTheContract(t *testing.T) { testContract(t, browserSubject{}) }

func TestBrowserCountsBytesInFlight(t *testing.T) {
	b := newBench(t, browserSubject{})
	b.fill(0)
	blob, err := b.Read(context.Background(), b.id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if held, peak := fetch.InFlight(); held != 1000 || peak < ChunkBytes {
		t.Errorf("%d bytes held, at most %d, want 1000 and at least a chunk", held, peak)
	}
	blob.Release()
	if held, _ := fetch.InFlight(); held != 0 {
		t.Errorf("%d bytes held after release", held)
	}
}
