package store

import (
	"context"
	"fmt"
	"syscall/js"
	"time"

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

// OpenFile implements Store.
func (Browser) OpenFile(ctx context.Context, id string, info fetch.Info, kind Kind) (File, error) {
	v, err := call(ctx, "openFile", id, wire.Tree(wire.FileInfo(info)), string(kind))
	if err != nil {
		return File{}, err
	}
	return fileOf(v), nil
}

// SetInfo implements Store.
func (Browser) SetInfo(ctx context.Context, id string, c Changes) error {
	_, err := call(ctx, "setInfo", id, changesTree(c))
	return err
}

// changesTree returns the FileChanges of web/src/worker/storage/chunk-store.ts.
func changesTree(c Changes) map[string]any {
	tree := map[string]any{}
	if c.Validator != nil {
		tree["validator"] = *c.Validator
	}
	if c.SHA256 != "" {
		tree["sha256"] = c.SHA256
	}
	if c.Hashes != nil {
		tree["hashes"] = wire.Tree(c.Hashes)
	}
	if c.Verified != nil {
		tree["verified"] = *c.Verified
	}
	if !c.Used.IsZero() {
		tree["used"] = c.Used.UnixMilli()
	}
	if c.Vision != nil {
		tree["vision"] = *c.Vision
	}
	return tree
}

// StoreChunk implements Store.
func (Browser) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o ChunkOptions) (string, error) {
	handle, err := handleOf(src)
	if err != nil {
		return "", err
	}
	onProgress := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if o.Progress != nil {
			o.Progress(progressOf(args[0]))
		}
		return nil
	})
	defer onProgress.Release()
	options := wire.Tree(wire.ChunkOptions{
		Expected: o.Expected, Background: o.Background, Demand: o.Demand, Replace: o.Replace,
		Finite: floatsOf(o.Finite),
	})
	v, err := fetch.Call(ctx, "storeChunk", id, chunk, handle, options, onProgress)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

func floatsOf(numbers []Floats) (list []wire.Floats) {
	for _, n := range numbers {
		list = append(list, wire.Floats{Start: n.Start, Step: n.Step, Count: n.Count, Mask: int(n.Mask)})
	}
	return list
}

// CheckChunk implements Store.
func (Browser) CheckChunk(ctx context.Context, id string, chunk int, src fetch.Source, n int64) (bool, error) {
	handle, err := handleOf(src)
	if err != nil {
		return false, err
	}
	v, err := fetch.Call(ctx, "checkChunk", id, chunk, handle, n)
	return err == nil && v.Bool(), err
}

// HashFile implements Store.
func (Browser) HashFile(ctx context.Context, id string, progress func(hashed int64)) (string, error) {
	onProgress := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if progress != nil {
			progress(int64(args[0].Float()))
		}
		return nil
	})
	defer onProgress.Release()
	v, err := fetch.Call(ctx, "hashFile", id, onProgress)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

// handleOf returns the number that identifies a source in the storage worker.
func handleOf(src fetch.Source) (int, error) {
	s, ok := src.(interface{ Handle() int })
	if !ok {
		return 0, fmt.Errorf("store: the browser's store cannot read from a %T", src)
	}
	return s.Handle(), nil
}

func progressOf(v js.Value) ChunkProgress {
	p := jsbridge.Read[wire.ChunkProgress](v)
	return ChunkProgress{p.Received, p.Waiting, p.Cause, timeOf(p.Until)}
}

// timeOf returns the time of a number of milliseconds since 1970; 0 is the zero time.
func timeOf(milliseconds float64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(milliseconds))
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

// EndUse implements Store.
func (Browser) EndUse(ctx context.Context, id string) error {
	_, err := call(ctx, "endUse", id)
	return err
}

// FreeSpace implements Store.
func (Browser) FreeSpace(ctx context.Context, n int64) (int64, error) {
	v, err := call(ctx, "freeSpace", n)
	if err != nil {
		return 0, err
	}
	return int64(v.Float()), nil
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

func fileOf(v js.Value) File {
	stored := jsbridge.Read[wire.StoredFile](v)
	f := newFile(stored.ID, fetch.Info{
		Name: stored.Name, Size: stored.Size, Validator: stored.Validator, SHA256: stored.SHA256,
	})
	f.Kind, f.PartialBytes = Kind(stored.Kind), stored.PartialBytes
	f.Verified, f.Used, f.Vision = stored.Verified, timeOf(stored.Used), stored.Vision
	if len(stored.Hashes) > 0 {
		f.Hashes = stored.Hashes
	}
	for _, chunk := range stored.Chunks {
		f.Chunks[chunk] = true
	}
	return f
}
