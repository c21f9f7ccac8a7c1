// Package fetch knows where weights come from: a server, a file that a person picked, memory in tests. It opens them and
// names what goes wrong. It refuses to know what the bytes mean and where they rest.
//
// In the browser the bytes never pass through Go: the storage worker fetches, and a Source here is a handle to what it
// has open. Natively a Source is also a Reader.
package fetch

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
)

// Blob is a piece of a file. In the browser it is an ArrayBuffer on the JavaScript side (JS() gives it), natively a
// byte slice (Bytes() gives it). It satisfies ops.Blob.
type Blob interface {
	Len() int64

	// Copy brings the bytes into Go. It is for headers; weights never take this way.
	Copy() []byte

	// Release gives the memory back. The Blob must not be used afterwards.
	Release()
}

// Bytes is a Blob in Go memory.
type Bytes []byte

func (b Bytes) Len() int64    { return int64(len(b)) }
func (b Bytes) Copy() []byte  { return b }
func (b Bytes) Release()      {}
func (b Bytes) Bytes() []byte { return b }

// Info describes a file as its source knows it.
type Info struct {
	Name      string
	Size      int64  // bytes
	Validator string // changes when the content does: an ETag or a date; empty when the source tells neither
}

// Source is an open file.
type Source interface {
	Info() Info
	Close()
}

// Reader is a Source that gives its bytes to Go.
type Reader interface {
	Source

	// ReadRange gives n bytes from offset on, all of them or an error. Meanwhile progress hears how many have come.
	ReadRange(ctx context.Context, offset, n int64, progress func(received int64)) (Bytes, error)
}

// Place is where the files of a model lie side by side: a folder of a server, or the files a person picked.
type Location interface {
	// ID names a file for good: the store keeps it under this name.
	ID(name string) string

	// Open finds a file. Errors: not_found, no_ranges, no_cors, http_status, connection_lost.
	Open(ctx context.Context, name string) (Source, error)

	// Remote reports whether Open needs the network.
	Remote() bool
}

// localPrefix begins the id of a picked file: a person may pick it again, a page cannot.
const localPrefix = "local:"

// LocationOf gives back place and name from the id that Place.ID made.
func LocationOf(id string) (Location, string) {
	if len(id) > len(localPrefix) && id[:len(localPrefix)] == localPrefix {
		return unavailable{}, id[len(localPrefix):]
	}
	return SplitURL(id)
}

// forgotten is the place of files that were picked in an earlier life of the page.
type unavailable struct{}

func (unavailable) ID(name string) string { return localPrefix + name }
func (unavailable) Remote() bool          { return true }

func (unavailable) Open(_ context.Context, name string) (Source, error) {
	return nil, errs.New(errs.NotFound, name+" is not completely stored; choose the file again to go on")
}

// Memory is a place whose files lie in Go memory, by name: for tests and tools.
type Memory map[string][]byte

func (m Memory) ID(name string) string { return localPrefix + name }
func (m Memory) Remote() bool          { return false }

func (m Memory) Open(_ context.Context, name string) (Source, error) {
	b, ok := m[name]
	if !ok {
		return nil, missingFile(name)
	}
	return memorySource{name, b}, nil
}

type memorySource struct {
	name  string
	bytes []byte
}

func (s memorySource) Info() Info { return Info{Name: s.name, Size: int64(len(s.bytes))} }
func (s memorySource) Close()     {}

func (s memorySource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (Bytes, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if offset+n > int64(len(s.bytes)) {
		return nil, errs.New(errs.Truncated, s.name+" ends too early; choose the file again")
	}
	progress(n)
	return s.bytes[offset : offset+n], nil
}

func missingFile(name string) error {
	return errs.New(errs.NotFound, name+" is not among the chosen files; choose all parts of the model together")
}
