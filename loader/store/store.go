// Package store keeps model files, divided into chunks that are stored one by one. All stores implement one interface
// and pass one test (contract_test.go). The package does not know what a file means. It never presents an incomplete
// file as complete.
package store

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/loader/fetch"
)

// ChunkBytes is the size of every chunk of a file but the last. CHUNK_BYTES in web/src/worker/storage/chunk-store.ts is
// the same.
const ChunkBytes = 16 << 20

// Store keeps files. Its methods may be called from several goroutines.
type Store interface {
	// List returns the records of all files, complete or not.
	List(ctx context.Context) ([]File, error)

	// Find returns a file's record and whether there is one.
	Find(ctx context.Context, id string) (File, bool, error)

	// OpenFile returns a file's record, which it creates without chunks if there is none. A file of another kind is
	// moved to kind, with the chunks that are stored, which copies them: call it early. The Kind of the record is
	// another one if this store does not support kind. What is known about a file that exists stays as it is, whatever
	// info says. Tabs that open a file at once get the same record.
	OpenFile(ctx context.Context, id string, info fetch.Info, kind Kind) (File, error)

	// SetInfo changes what is known about a file. Errors: storage_error if there is none.
	SetInfo(ctx context.Context, id string, changes Changes) error

	// StoreChunk reads one chunk from src, or what earlier calls have not stored of it, hashes it, stores it and marks
	// it complete. It returns the hash; of a chunk that is stored, the one with which it was stored. After an error the
	// chunk is not complete, but what has arrived of it may be stored. Errors: those of the source; integrity if the
	// chunk has not the expected hash or has numbers that are not finite, and nothing of it is kept; storage_full, after
	// which everything that was stored is still stored; storage_error.
	StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, o ChunkOptions) (sha256 string, err error)

	// CheckChunk reads a stored chunk, or its first n bytes if it is longer, from src again and reports whether they are
	// the stored ones, which is false for a chunk that is not stored. It stores nothing. Errors: those of the source.
	CheckChunk(ctx context.Context, id string, chunk int, src fetch.Source, n int64) (same bool, err error)

	// HashFile returns the SHA-256 of a complete file in lower-case hex. It calls progress, which may be nil, with the
	// number of bytes hashed so far. Errors: those of Read.
	HashFile(ctx context.Context, id string, progress func(hashed int64)) (sha256 string, err error)

	// Read returns n bytes from offset on, which may span several chunks: all of them or an error. The error is
	// storage_error if a chunk is not stored or its bytes have been lost, integrity if it has fewer bytes than were
	// stored. Such a chunk counts as not stored from then on and can be stored again. The caller releases the Blob.
	Read(ctx context.Context, id string, offset, n int64) (fetch.Blob, error)

	// Verify hashes every stored chunk again, removes those that have changed and returns how many have.
	Verify(ctx context.Context, id string) (changed int, err error)

	// Delete deletes a file. It is not an error if there is none. A file that another tab uses is not found any more,
	// and it is removed when no tab uses it.
	Delete(ctx context.Context, id string) error

	// EndUse says that this tab does not use a file any more, which began when it opened, read or stored something of
	// it.
	EndUse(ctx context.Context, id string) error

	// FreeSpace returns how many of n bytes can be stored now. In the browser the answer is right to a MiB.
	FreeSpace(ctx context.Context, n int64) (int64, error)
}

// ChunkOptions says how a chunk is stored.
type ChunkOptions struct {
	Expected   string              // the chunk's published SHA-256 in lower-case hex; empty if it is not known
	Background bool                // the chunk is not needed at once: requests for other chunks come first
	Demand     bool                // a read waits for the chunk: requests for it come before all others
	Replace    bool                // all bytes are read again, even those that are stored; these stay until others are
	Finite     []Floats            // numbers in the chunk that must be finite; an error of code integrity otherwise
	Progress   func(ChunkProgress) // is called a few times a second; may be nil
}

// Floats are floating-point numbers at equal distances in a chunk.
type Floats struct {
	Start int    // offset in the chunk of the first one's two bytes with the exponent, little-endian
	Step  int    // distance in bytes
	Count int    // how many
	Mask  uint16 // bits of the exponent in the two bytes, which are not all set in a finite number
}

// ChunkProgress is how far StoreChunk is.
type ChunkProgress struct {
	Received int64     // bytes of the chunk that have arrived, those of earlier calls included
	Waiting  bool      // for the network or the server
	Cause    string    // why it waits, for a person
	Until    time.Time // when the next attempt starts; zero if that is not known
}

// Changes are changes of what is known about a file. What is nil or zero stays as it is.
type Changes struct {
	Validator *string
	SHA256    string    // of the whole file
	Hashes    []string  // of each chunk
	Verified  *bool     // whether all bytes have been found to have the published hash
	Used      time.Time // when the file was last opened
	Vision    *string   // id of the model's vision file; "" for none
}

// Kind is the kind of storage that holds the bytes of a file.
type Kind string

// The kinds.
const (
	IndexedDB Kind = "indexeddb" // Blobs in the browser's database: every browser has it
	OPFS      Kind = "opfs"      // a file of the origin's private file system: several times as fast; for paged models
	Handle    Kind = "handle"    // a file on the disk that is read where it is; OpenFile never changes it
)

// Speed is the speed of a store on this machine, measured on a scratch file.
type Speed struct {
	Kind        Kind    // the kind that was measured: the one asked for if the browser supports it
	Write, Read float64 // bytes/s; the bytes read have just been written and may come from the system's memory
	Free        int64   // bytes that the browser says may still be stored; 0 if it does not say
}

// File is the record of a file: what it is and which of its chunks are stored.
type File struct {
	ID string // of fetch.Location.ID
	fetch.Info
	Kind   Kind   // "" in memory
	Chunks []bool // for each chunk of the file, whether it is stored

	PartialBytes int64     // bytes that have arrived of chunks that are not complete
	Hashes       []string  // published SHA-256 of each chunk, in lower-case hex; nil if they are not known
	Verified     bool      // all bytes have been found to have the published hash
	Used         time.Time // when the file was last opened; zero if that is not known
	Vision       string    // id of the vision file of the model that begins with this file; "" if none is known
}

// newFile returns a record without chunks.
func newFile(id string, info fetch.Info) File {
	return File{ID: id, Info: info, Chunks: make([]bool, (info.Size+ChunkBytes-1)/ChunkBytes)}
}

// Complete reports whether every chunk is stored.
func (f File) Complete() bool { return f.Stored() == f.Size }

// Stored returns the number of bytes in stored chunks.
func (f File) Stored() int64 {
	n := int64(0)
	for chunk, stored := range f.Chunks {
		if stored {
			n += f.ChunkLen(chunk)
		}
	}
	return n
}

// ChunkLen returns the number of bytes of a chunk.
func (f File) ChunkLen(chunk int) int64 { return min(ChunkBytes, f.Size-int64(chunk)*ChunkBytes) }
