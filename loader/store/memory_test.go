package store

import (
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/loader/fetch"
)

type memorySubject struct {
	*Memory
	room int64
}

func (s *memorySubject) place(files map[string][]byte) fetch.Location { return fetch.Memory(files) }

func (s *memorySubject) kind() Kind { return "" }

func (s *memorySubject) setFull(*testing.T, bool) { s.Memory.free, s.room = s.room, s.Memory.free }

func (s *memorySubject) corrupt(_ *testing.T, id string, chunk int, bytes []byte) {
	s.files[id].bytes[chunk] = slices.Clone(bytes)
}

func TestMemoryKeepsTheContract(t *testing.T) {
	testContract(t, &memorySubject{Memory: NewMemory(math.MaxInt64 / 2)})
}

func TestMemoryGivesRoomBack(t *testing.T) {
	m := NewMemory(ChunkBytes)
	place := fetch.Memory{"a": make([]byte, ChunkBytes), "b": make([]byte, ChunkBytes)}
	for _, name := range []string{"a", "b", "a"} {
		src, err := place.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Add(t.Context(), name, src.Info()); err != nil {
			t.Fatal(err)
		}
		if err := m.StoreChunk(t.Context(), name, 0, src, func(int64) {}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := m.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
