// Package fetch opens the files of a model: on a server, picked by a person, or in memory for tests. It names what goes
// wrong. It does not know what the bytes mean or how they are stored.
//
// In the browser the bytes never pass through Go: the storage worker reads them, and a Source here is a handle to a
// file that is open there. Natively a Source is also a Reader.
package fetch

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
)

// Blob is a piece of a file. In the browser it is an ArrayBuffer on the JavaScript side, which method JS returns;
// natively it is a byte slice, which method Bytes returns. It satisfies ops.Blob.
type Blob interface {
	// Len returns the number of bytes.
	Len() int64

	// Copy returns the bytes in Go's memory. It is meant for headers; weights are never copied into Go.
	Copy() []byte

	// Release frees the memory. The Blob must not be used afterwards.
	Release()
}

// Bytes is a Blob in Go's memory.
type Bytes []byte

// Len returns the number of bytes.
func (b Bytes) Len() int64 { return int64(len(b)) }

// Copy returns the bytes themselves: they are in Go's memory.
func (b Bytes) Copy() []byte { return b }

// Release does nothing.
func (b Bytes) Release() {}

// Bytes returns the bytes for ops.Backend.Upload.
func (b Bytes) Bytes() []byte { return b }

// Info describes a file as its source reports it.
type Info struct {
	Name      string
	Size      int64  // bytes
	Validator string // an ETag or a date; empty if the source has neither. Servers change it for equal bytes
	SHA256    string // published hash of the whole file, in lower-case hex; empty if it is not known
}

// Same reports whether nothing but the published hash of two files differs.
func (i Info) Same(other Info) bool {
	i.SHA256 = other.SHA256
	return i == other
}

// Source is an open file.
type Source interface {
	// Info describes the file as it was when it was opened.
	Info() Info

	// Close closes the file.
	Close()
}

// Reader is a Source that can be read from Go.
type Reader interface {
	Source

	// ReadRange returns n bytes from offset on, all of them or an error. It calls progress with the number of bytes
	// received so far.
	ReadRange(ctx context.Context, offset, n int64, progress func(received int64)) (Bytes, error)
}

// Location is where the files of a model are: a folder on a server, or the files that a person picked.
type Location interface {
	// ID returns the permanent id of a file, under which the store keeps it.
	ID(name string) string

	// Open opens a file. Errors: not_found, no_ranges, no_cors, http_status, connection_lost.
	Open(ctx context.Context, name string) (Source, error)

	// Remote reports whether Open needs the network.
	Remote() bool
}

// TextLocation is a Location that can fetch small texts which are not part of a model: manifests, lists of a hub.
type TextLocation interface {
	Location

	// Address returns the address of a file, which may have parts that ID has not.
	Address(name string) string

	// Text returns the text at an address; ok is false if there is none of at most maxBytes, or if the server refuses
	// it. Errors: connection_lost, http_status.
	Text(ctx context.Context, url string, maxBytes int) (text string, ok bool, err error)
}

// localPrefix begins the id of a picked file. A page cannot open such a file again; a person can pick it again.
const localPrefix = "local:"

// LocationOf returns the location and the name from which Location.ID made id.
func LocationOf(id string) (Location, string) {
	if len(id) > len(localPrefix) && id[:len(localPrefix)] == localPrefix {
		return unavailable{}, id[len(localPrefix):]
	}
	return SplitURL(id)
}

// unavailable is the location of files that were picked before the page was loaded. They cannot be opened.
type unavailable struct{}

func (unavailable) ID(name string) string { return localPrefix + name }
func (unavailable) Remote() bool          { return true }

func (unavailable) Open(_ context.Context, name string) (Source, error) {
	return nil, errs.New(errs.NotFound, name+" is not completely stored; choose the file again to continue")
}

// Memory is a location whose files are in Go's memory, by name. It is for tests and tools.
type Memory map[string][]byte

// ID returns the id that a picked file of this name has.
func (m Memory) ID(name string) string { return localPrefix + name }

// Remote returns false.
func (m Memory) Remote() bool { return false }

// Open opens a file; the Source is a Reader. Errors: not_found.
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
		return nil, errs.New(errs.Truncated, s.name+" is shorter than expected; choose the file again")
	}
	progress(n)
	return s.bytes[offset : offset+n], nil
}

func missingFile(name string) error {
	return errs.New(errs.NotFound, name+" is not among the chosen files; choose all parts of the model together")
}
