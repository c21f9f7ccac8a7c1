package fetch

import (
	"context"
	"maps"
	"slices"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/wire"
)

// source is a file that is open in the storage worker.
type source struct {
	info   Info
	handle int
}

// Info describes the file as it was when it was opened.
func (s source) Info() Info { return s.info }

// Handle returns the number that identifies the source in the storage worker.
func (s source) Handle() int { return s.handle }

// Close closes the source in the storage worker.
func (s source) Close() {
	// The result does not matter, so Close does not wait for it.
	go Call(context.Background(), "call", "closeSource", s.handle)
}

// LinkSpeed measures the download speed of a source that a Location of this package opened, in bytes per second. It
// takes at most 1.5 s.
func LinkSpeed(ctx context.Context, src Source) (float64, error) {
	v, err := Call(ctx, "call", "probeLink", src.(source).handle)
	if err != nil {
		return 0, err
	}
	return v.Float(), nil
}

func openURL(ctx context.Context, url string, mirrors []string) (Source, error) {
	return open(ctx, "openURL", url, wire.Tree(mirrors))
}

func fetchText(ctx context.Context, url string, maxBytes int) (text string, ok bool, err error) {
	v, err := Call(ctx, "call", "fetchText", url, maxBytes)
	if err != nil || v.Type() != js.TypeString {
		return "", false, err
	}
	return v.String(), true, nil
}

// open calls a method of the storage worker that opens a file.
func open(ctx context.Context, method string, args ...any) (Source, error) {
	v, err := Call(ctx, "call", append([]any{method}, args...)...)
	if err != nil {
		return nil, err
	}
	opened := jsbridge.Read[wire.OpenSource](v)
	info := Info{Name: opened.Name, Size: opened.Size, Validator: opened.Validator, SHA256: opened.SHA256}
	return source{info, opened.Source}, nil
}

// Picked is the location of the files that a person picked: File objects by name.
type Picked map[string]js.Value

// PickedFiles returns the location of a JavaScript array or FileList of File objects.
func PickedFiles(files js.Value) Picked {
	p := Picked{}
	for i := range files.Length() {
		file := files.Index(i)
		p[file.Get("name").String()] = file
	}
	return p
}

// Names returns the names of the files, sorted.
func (p Picked) Names() []string { return slices.Sorted(maps.Keys(p)) }

// ID depends on the name alone. The store recognises another file of the same name by its size and date.
func (p Picked) ID(name string) string { return localPrefix + name }

// Remote returns false.
func (p Picked) Remote() bool { return false }

// Open opens a picked file in the storage worker. Errors: not_found.
func (p Picked) Open(ctx context.Context, name string) (Source, error) {
	file, ok := p[name]
	if !ok {
		return nil, missingFile(name)
	}
	return open(ctx, "openPicked", file)
}

// Buffer is a Blob on the JavaScript side.
type Buffer struct{ buffer js.Value }

// NewBuffer wraps an ArrayBuffer that the client's read method returned.
func NewBuffer(buffer js.Value) Buffer { return Buffer{buffer} }

// JS returns the ArrayBuffer.
func (b Buffer) JS() js.Value { return b.buffer }

// Len returns the number of bytes.
func (b Buffer) Len() int64 { return int64(b.buffer.Get("byteLength").Float()) }

// Copy copies the bytes into Go's memory.
func (b Buffer) Copy() []byte {
	return jsbridge.Bytes(js.Global().Get("Uint8Array").New(b.buffer))
}

// Release returns the buffer to the client, which may use it for another read.
func (b Buffer) Release() {
	if client, err := Client(); err == nil {
		client.Call("release", b.buffer)
	}
}
