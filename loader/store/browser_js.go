package store

import (
	"context"
	"fmt"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader/fetch"
)

// Browser is the store of the storage worker; web/src/worker/storage/service.ts has its methods. Its sources are those
// that package fetch opens in the browser.
type Browser struct{}

// List implements Store.
func (Browser) List(ctx context.Context) ([]File, error) {
	v, err := call(ctx, "list")
	if err != nil {
		return nil, err
	}
	files := make([]File, v.Length())
	for i := range files {
		files[i] = fileOf(v.Index(i))
	}
	return files, nil
}

// Find implements Store.
func (Browser) Find(ctx context.Context, id string) (File, bool, error) {
	v, err := call(ctx, "find", id)
	if err != nil || v.IsUndefined() {
		return File{}, false, err
	}
	return fileOf(v), true, nil
}

// Add implements Store.
func (Browser) Add(ctx context.Context, id string, info fetch.Info) (File, error) {
	return callForFile(ctx, "add", id, wire.Tree(wire.FileInfo(info)))
}

// Move implements Store.
func (Browser) Move(ctx context.Context, id string, kind Kind) (File, error) {
	return callForFile(ctx, "move", id, string(kind))
}

// StoreChunk implements Store.
func (Browser) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, progress func(int64)) error {
	s, ok := src.(interface{ Handle() int })
	if !ok {
		return fmt.Errorf("store: the browser's store cannot read from a %T", src)
	}
	onProgress := js.FuncOf(func(_ js.Value, args []js.Value) any {
		progress(int64(args[0].Float()))
		return nil
	})
	defer onProgress.Release()
	_, err := fetch.Call(ctx, "storeChunk", id, chunk, s.Handle(), onProgress)
	return err
}

// Read implements Store.
func (Browser) Read(ctx context.Context, id string, offset, n int64) (fetch.Blob, error) {
	v, err := fetch.Call(ctx, "read", id, offset, n)
	if err != nil {
		return nil, err
	}
	return fetch.NewBuffer(v), nil
}

// Verify implements Store.
func (Browser) Verify(ctx context.Context, id string) (int, error) {
	v, err := call(ctx, "verify", id)
	if err != nil {
		return 0, err
	}
	return v.Int(), nil
}

// Delete implements Store.
func (Browser) Delete(ctx context.Context, id string) error {
	_, err := call(ctx, "delete", id)
	return err
}

// Probe measures the speed of the store in a second or two. It deletes what it writes.
func (Browser) Probe(ctx context.Context, kind Kind) (Speed, error) {
	v, err := call(ctx, "probeStore", string(kind))
	if err != nil {
		return Speed{}, err
	}
	s := jsbridge.Read[wire.StoreSpeed](v)
	return Speed{Kind: Kind(s.Kind), Write: s.Write, Read: s.Read, Free: s.Free}, nil
}

// call calls one of Methods in web/src/worker/storage/messages.ts.
func call(ctx context.Context, method string, args ...any) (js.Value, error) {
	return fetch.Call(ctx, "call", append([]any{method}, args...)...)
}

// callForFile is call for a method that returns a StoredFile.
func callForFile(ctx context.Context, method string, args ...any) (File, error) {
	v, err := call(ctx, method, args...)
	if err != nil {
		return File{}, err
	}
	return fileOf(v), nil
}

func fileOf(v js.Value) File {
	stored := jsbridge.Read[wire.StoredFile](v)
	f := newFile(stored.ID, fetch.Info{Name: stored.Name, Size: stored.Size, Validator: stored.Validator})
	f.Kind = Kind(stored.Kind)
	for _, chunk := range stored.Chunks {
		f.Chunks[chunk] = true
	}
	return f
}
