package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
)

// Memory is a Store in Go's memory, for tests and native tools. Its sources must be fetch.Readers.
type Memory struct {
	mu    sync.Mutex
	free  int64 // bytes that may still be stored
	files map[string]*memoryFile
}

type memoryFile struct {
	File
	bytes  map[int][]byte
	hashes map[int]string // in lower-case hex
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

// OpenFile implements Store. Memory has no kinds.
func (m *Memory) OpenFile(_ context.Context, id string, info fetch.Info, _ Kind) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		f = &memoryFile{newFile(id, info), map[int][]byte{}, map[int]string{}}
		f.Used = time.Now()
		m.files[id] = f
	}
	return f.record(), nil
}

// SetInfo implements Store.
func (m *Memory) SetInfo(_ context.Context, id string, c Changes) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[id]
	if !ok {
		return notStored(id)
	}
	if c.Validator != nil {
		f.Validator = *c.Validator
	}
	if c.SHA256 != "" {
		f.SHA256 = c.SHA256
	}
	if c.Hashes != nil {
		f.Hashes = c.Hashes
	}
	if c.Verified != nil {
		f.Verified = *c.Verified
	}
	if !c.Used.IsZero() {
		f.Used = c.Used
	}
	if c.Vision != nil {
		f.Vision = *c.Vision
	}
	return nil
}

// StoreChunk implements Store. It stores a chunk completely or not at all.
func (m *Memory) StoreChunk(ctx context.Context, id string, chunk int, src fetch.Source,
	o ChunkOptions) (string, error) {
	if o.Progress == nil {
		o.Progress = func(ChunkProgress) {}
	}
	if hash := m.chunkHash(id, chunk); hash != "" && !o.Replace {
		return hash, nil
	}
	b, err := readChunk(ctx, src, chunk, func(n int64) { o.Progress(ChunkProgress{Received: n}) })
	if err != nil {
		return "", err
	}
	hash := hexHash(b)
	if o.Expected != "" && hash != o.Expected || !finite(b, o.Finite) {
		return "", errs.New(errs.Integrity, src.Info().Name+" arrived damaged; try again")
	}
	return hash, m.putChunk(id, chunk, b, hash)
}

// chunkHash returns the hash of a stored chunk; "" if it is not stored.
func (m *Memory) chunkHash(id string, chunk int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.files[id]; ok && f.Chunks[chunk] {
		return f.hashes[chunk]
	}
	return ""
}

// finite reports whether all numbers are finite.
func finite(chunk []byte, numbers []Floats) bool {
	for _, n := range numbers {
		for i := range n.Count {
			if binary.LittleEndian.Uint16(chunk[n.Start+i*n.Step:])&n.Mask == n.Mask {
				return false
			}
		}
	}
	return true
}

// CheckChunk implements Store.
func (m *Memory) CheckChunk(ctx context.Context, id string, chunk int, src fetch.Source, n int64) (bool, error) {
	b, err := readStart(ctx, src, chunk, n, func(int64) {})
	if err != nil {
		return false, err
	}
	stored, err := m.Read(ctx, id, int64(chunk)*ChunkBytes, int64(len(b)))
	if err != nil {
		return false, nil
	}
	defer stored.Release()
	return bytes.Equal(stored.Copy(), b), nil
}

func readChunk(ctx context.Context, src fetch.Source, chunk int, progress func(int64)) ([]byte, error) {
	return readStart(ctx, src, chunk, ChunkBytes, progress)
}

// readStart reads the first n bytes of a chunk, or all of it if it is shorter.
func readStart(ctx context.Context, src fetch.Source, chunk int, n int64, progress func(int64)) ([]byte, error) {
	r, ok := src.(fetch.Reader)
	if !ok {
		return nil, fmt.Errorf("store: a memory store cannot read from %T", src)
	}
	from := int64(chunk) * ChunkBytes
	return r.ReadRange(ctx, from, min(n, r.Info().Size-from), progress)
}

// HashFile implements Store.
func (m *Memory) HashFile(ctx context.Context, id string, progress func(hashed int64)) (string, error) {
	f, ok, err := m.Find(ctx, id)
	if !ok {
		return "", notStored(id)
	}
	if err != nil {
		return "", err
	}
	b, err := m.Read(ctx, id, 0, f.Size)
	if err != nil {
		return "", err
	}
	if progress != nil {
		progress(f.Size)
	}
	return hexHash(b.Copy()), nil
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (m *Memory) putChunk(id string, chunk int, b []byte, hash string) error {
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
	f.bytes[chunk], f.hashes[chunk], f.Chunks[chunk] = slices.Clone(b), hash, true
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
		if hexHash(b) != f.hashes[chunk] {
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

// EndUse implements Store. It does nothing: there are no other tabs.
func (m *Memory) EndUse(context.Context, string) error { return nil }

// FreeSpace implements Store.
func (m *Memory) FreeSpace(_ context.Context, n int64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return min(n, m.free), nil
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
