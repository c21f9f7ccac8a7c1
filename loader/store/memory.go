package store

import (
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
)

// Memory is a Store in Go's memory, for tests and native tools. Its sources must be fetch.Readers. It checks chunks
// with a CRC: only a test can change them, and a program for the browser should not link SHA-256 for that.
type Memory struct {
	mu    sync.Mutex
	free  int64 // bytes that may still be stored
	files map[string]*memoryFile
}

type memoryFile struct {
	File
	bytes     map[int][]byte
	checksums map[int]uint32
}

// NewMemory returns a store that holds at most limit bytes.
func NewMemory(limit int64) *Memory { return &Memory{free: limit, files: map[string]*memoryFile{}} }

// List implements Store. The records are sorted by id.
func (m *Memory) List(context.Context) ([]File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var files []File
	for _, f := range m.files {
		files = append(files, f.record())
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.ID, b.ID) })
	return files, nil
}

// Find implements Store.
func (m *Memory) Find(_ context.Context, id string) (File, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return File{}, false, nil
	}
	return f.record(), true, nil
}

// Add implements Store.
func (m *Memory) Add(_ context.Context, id string, info fetch.Info) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delete(id)
	f := &memoryFile{newFile(id, info), map[int][]byte{}, map[int]uint32{}}
	m.files[id] = f
	return f.record(), nil
}

// Move implements Store. It changes nothing: memory has no kinds.
func (m *Memory) Move(ctx context.Context, id string, _ Kind) (File, error) {
	f, ok, err := m.Find(ctx, id)
	if !ok {
		err = notStored(id)
	}
	return f, err
}

// StoreChunk implements Store.
func (m *Memory) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source, progress func(int64)) error {
	r, ok := src.(fetch.Reader)
	if !ok {
		return fmt.Errorf("store: a memory store cannot read from %T", src)
	}
	info := r.Info()
	from := int64(chunk) * ChunkBytes
	b, err := r.ReadRange(ctx, from, min(ChunkBytes, info.Size-from), progress)
	if err != nil {
		return err
	}
	return m.putChunk(id, chunk, b)
}

func (m *Memory) putChunk(id string, chunk int, b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return notStored(id)
	}
	added := int64(len(b) - len(f.bytes[chunk]))
	if added > m.free {
		return errs.New(errs.StorageFull, "the store is full")
	}
	m.free -= added
	f.bytes[chunk], f.checksums[chunk], f.Chunks[chunk] = slices.Clone(b), crc32.ChecksumIEEE(b), true
	return nil
}

// Read implements Store.
func (m *Memory) Read(_ context.Context, id string, offset, n int64) (fetch.Blob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return nil, notStored(id)
	}
	out := make(fetch.Bytes, 0, n)
	for int64(len(out)) < n {
		b, err := m.restOfChunk(f, offset+int64(len(out)))
		if err != nil {
			return nil, err
		}
		out = append(out, b[:min(int64(len(b)), n-int64(len(out)))]...)
	}
	return out, nil
}

// restOfChunk returns the bytes from offset at of a file to the end of its chunk. It drops a chunk that is too short.
func (m *Memory) restOfChunk(f *memoryFile, at int64) ([]byte, error) {
	chunk := int(at / ChunkBytes)
	b, ok := f.bytes[chunk]
	if !ok {
		message := fmt.Sprintf("byte %d of %s is not stored; download the model again", at, f.Name)
		return nil, errs.New(errs.StorageError, message)
	}
	if at%ChunkBytes >= int64(len(b)) {
		m.dropChunk(f, chunk)
		message := "the stored bytes of " + f.Name + " are incomplete; download the model again"
		return nil, errs.New(errs.Integrity, message)
	}
	return b[at%ChunkBytes:], nil
}

// Verify implements Store.
func (m *Memory) Verify(_ context.Context, id string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return 0, nil
	}
	changed := 0
	for chunk, b := range f.bytes {
		if crc32.ChecksumIEEE(b) != f.checksums[chunk] {
			m.dropChunk(f, chunk)
			changed++
		}
	}
	return changed, nil
}

func (m *Memory) dropChunk(f *memoryFile, chunk int) {
	m.free += int64(len(f.bytes[chunk]))
	delete(f.bytes, chunk)
	f.Chunks[chunk] = false
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delete(id)
	return nil
}

func (m *Memory) delete(id string) {
	if f, ok := m.files[id]; ok {
		for _, b := range f.bytes {
			m.free += int64(len(b))
		}
		delete(m.files, id)
	}
}

// record returns a copy of the record that later changes do not affect.
func (f *memoryFile) record() File {
	r := f.File
	r.Chunks = slices.Clone(f.Chunks)
	return r
}

func notStored(id string) error {
	return errs.New(errs.StorageError, id+" is not in the store; download the model again")
}
