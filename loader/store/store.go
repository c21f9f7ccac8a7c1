// Package store keeps model files in chunks until they are whole, and after. One contract, one test for every kind of
// store (contract_test.go). It refuses to know what a file means; a file that is not whole is never passed off as one.
package store

import (
	"context"

	"github.com/outrider-web/outrider/loader/fetch"
)

// ChunkBytes is the size of every chunk of a file but the last; web/src/worker/storage/chunk-store.ts has it too.
const ChunkBytes = 16 << 20

// Store keeps files. Its methods may be called from several goroutines.
type Store interface {
	// List gives every file, whole or in part.
	List(ctx context.Context) ([]File, error)

	// Find gives a file's record and whether there is one.
	Find(ctx context.Context, id string) (File, bool, error)

	// Add makes a record without chunks. A file of the same id and all its chunks are forgotten first.
	Add(ctx context.Context, id string, info fetch.Info) (File, error)

	// Move has a file's bytes held in another way from now on, those that are stored and those to come, and gives the
	// record, whose Kind says whether this store can do that. It copies what is stored: call it early.
	Move(ctx context.Context, id string, kind Kind) (File, error)

	// Fill brings one chunk from src: fetched, hashed, stored and marked complete, or nothing of it. Meanwhile progress
	// hears how many of its bytes have come. Errors: those of the source; storage_full, after which all that was stored
	// is still there; storage_error.
	StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, progress func(received int64)) error

	// Read gives n bytes from offset on, however many chunks they touch, all of them or an error: storage_error when a
	// chunk is not stored or its bytes have gone, integrity when they are fewer than they were. A chunk of which Read has
	// found that is not stored from then on, and can be filled again. The caller releases the Blob.
	Read(ctx context.Context, id string, offset, n int64) (fetch.Blob, error)

	// Verify hashes every stored chunk again, forgets those that have changed and gives how many have.
	Verify(ctx context.Context, id string) (changed int, err error)

	// Delete forgets a file. One that is not there is no error.
	Delete(ctx context.Context, id string) error
}

// Kind says what holds the bytes of a file.
type Kind string

const (
	IndexedDB Kind = "indexeddb" // what every browser has; files are of this kind at first
	OPFS      Kind = "opfs"      // a file of the page's own: several times as fast, for models whose experts are paged
)

// Speed is what a store can do on this machine, measured on a scratch file.
type Speed struct {
	Kind        Kind    // that was measured: what the browser has
	Write, Read float64 // bytes/s; what is read has just been written, and may come from the system's memory
	Free        int64   // bytes that may still be stored, as far as the browser says; 0 when it does not
}

// File is the record of a file: what it is and which of its chunks are stored.
type File struct {
	ID string
	fetch.Info
	Kind   Kind   // "" in memory
	Chunks []bool // stored or not; as many as the file has
}

// newFile makes a record without chunks.
func newFile(id string, info fetch.Info) File {
	return File{ID: id, Info: info, Chunks: make([]bool, (info.Size+ChunkBytes-1)/ChunkBytes)}
}

// Complete reports whether every chunk is stored.
func (f File) Complete() bool { return f.Stored() == f.Size }

// Stored is the number of bytes in stored chunks.
func (f File) Stored() int64 {
	n := int64(0)
	for chunk, here := range f.Chunks {
		if here {
			n += f.ChunkLen(chunk)
		}
	}
	return n
}

// ChunkLen is the number of bytes of a chunk.
func (f File) ChunkLen(chunk int) int64 { return min(ChunkBytes, f.Size-int64(chunk)*ChunkBytes) }
