package store

import (
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/loader/fetch"
)

type memoryTestStore struct {
	*Memory
	hidden int64 // bytes that setFull has taken from Memory.free, or 0
}

func (s *memoryTestStore) location(files map[string][]byte) fetch.Location {
	return fetch.Memory(files)
}

func (s *memoryTestStore) kind() Kind { return "" }

func (s *memoryTestStore) setFull(*testing.T, bool) {
	s.Memory.free, s.hidden = s.hidden, s.Memory.free
}

func (s *memoryTestStore) corrupt(_ *testing.T, id string, chunk int, bytes []byte) {
	s.files[id].bytes[chunk] = slices.Clone(bytes)
}

func TestMemoryMeetsTheContract(t *testing.T) {
	testContract(t, &memoryTestStore{Memory: NewMemory(math.MaxInt64 / 2)})
}

func TestMemoryFreesTheBytesOfDeletedFiles(t *testing.T) {
	m := NewMemory(ChunkBytes)
	location := fetch.Memory{"a": make([]byte, ChunkBytes), "b": make([]byte, ChunkBytes)}
	for _, name := range []string{"a", "b", "a"} {
		src, err := location.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.OpenFile(t.Context(), name, src.Info(), ""); err != nil {
			t.Fatal(err)
		}
		if _, err := m.StoreChunk(t.Context(), name, 0, src, ChunkOptions{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := m.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
