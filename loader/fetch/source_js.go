package fetch

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
)

// source is a file that the storage worker has open.
type source struct {
	info   Info
	handle int
}

func (s source) Info() Info { return s.info }

// Handle is the number under which the storage worker knows the source.
func (s source) Handle() int { return s.handle }

func (s source) Close() {
	// Nobody waits for the answer, and there is none that matters.
	go Call(context.Background(), "call", "closeSource", s.handle)
}

// LinkSpeed measures how many bytes a second come from a source that Place.Open gave; it takes at most 1.5 s.
func LinkSpeed(ctx context.Context, src Source) (float64, error) {
	v, err := Call(ctx, "call", "probeLink", src.(source).handle)
	if err != nil {
		return 0, err
	}
	return v.Float(), nil
}

func openURL(ctx context.Context, url string) (Source, error) { return open(ctx, "openURL", url) }

func open(ctx context.Context, method string, what any) (Source, error) {
	v, err := Call(ctx, "call", method, what)
	if err != nil {
		return nil, err
	}
	return source{InfoOf(v), v.Get("source").Int()}, nil
}

// InfoOf reads a FileInfo of web/src/worker/storage/chunk-store.ts.
func InfoOf(v js.Value) Info {
	return Info{
		Name:      v.Get("name").String(),
		Size:      int64(v.Get("size").Float()),
		Validator: v.Get("validator").String(),
	}
}

// Picked is the files a person chose, by name.
type Picked map[string]js.Value

// PickedFiles makes a place of a JavaScript array or list of File objects.
func PickedFiles(files js.Value) Picked {
	p := Picked{}
	for i := range files.Length() {
		file := files.Index(i)
		p[file.Get("name").String()] = file
	}
	return p
}

// ID says only the name: the store notices by size and date when a person picks another file of the same name.
func (p Picked) ID(name string) string { return localPrefix + name }

// Remote is false.
func (p Picked) Remote() bool { return false }

// Open hands a picked file to the storage worker.
func (p Picked) Open(ctx context.Context, name string) (Source, error) {
	file, ok := p[name]
	if !ok {
		return nil, missingFile(name)
	}
	return open(ctx, "openFile", file)
}

// Buffer is a Blob on the JavaScript side.
type Buffer struct{ buffer js.Value }

// NewBuffer wraps an ArrayBuffer that the client's read gave.
func NewBuffer(buffer js.Value) Buffer { return Buffer{buffer} }

// JS is the ArrayBuffer.
func (b Buffer) JS() js.Value { return b.buffer }

func (b Buffer) Len() int64 { return int64(b.buffer.Get("byteLength").Float()) }

func (b Buffer) Copy() []byte {
	return jsbridge.Bytes(js.Global().Get("Uint8Array").New(b.buffer))
}

func (b Buffer) Release() {
	if client, err := Client(); err == nil {
		client.Call("release", b.buffer)
	}
}
