// Package store keeps model files, divided into chunks that are stored one by one. All stores implement one interface
// and pass one test (contract_test.go). The package does not know what a file means. It never presents an incomplete
// file as complete.
package store

import (
	"context"

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

	// Add creates a record without chunks. It deletes a file of the same id and all its chunks first.
	Add(ctx context.Context, id string, info fetch.Info) (File, error)

	// Move moves a file to another kind of storage: the chunks that are stored and those stored later. It returns the
	// record, whose Kind is unchanged if this store does not support kind. It copies the stored chunks: call it early.
	Move(ctx context.Context, id string, kind Kind) (File, error)

	// StoreChunk reads one chunk from src, hashes it, stores it and marks it complete; on an error it stores nothing.
	// It calls progress with the number of bytes received so far. Errors: those of the source; storage_full, after
	// which everything that was stored is still stored; storage_error.
	StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, progress func(received int64)) error

	// Read returns n bytes from offset on, which may span several chunks: all of them or an error. The error is
	// storage_error if a chunk is not stored or its bytes have been lost, integrity if it has fewer bytes than were
	// stored. Such a chunk counts as not stored from then on and can be stored again. The caller releases the Blob.
	Read(ctx context.Context, id string, offset, n int64) (fetch.Blob, error)

	// Verify hashes every stored chunk again, removes those that have changed and returns how many have.
	Verify(ctx context.Context, id string) (changed int, err error)

	// Delete deletes a file. It is not an error if there is none.
	Delete(ctx context.Context, id string) error
}

// Kind is the kind of storage that holds the bytes of a file.
type Kind string

// The kinds. Add creates files of the kind IndexedDB.
const (
	IndexedDB Kind = "indexeddb" // Blobs in the browser's database: every browser has it
	OPFS      Kind = "opfs"      // a file of the origin's private file system: several times as fast; for paged models
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
