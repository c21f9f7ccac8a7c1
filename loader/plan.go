package loader

import (
	"cmp"
	"slices"

	"github.com/outrider-web/outrider/loader/gguf"
)

// chunk is one chunk of one part: the unit of a download.
type chunk struct{ part, index int }

// chunksOf returns the chunks that contain tensors, each once, in the order of the tensors; without tensors, all chunks
// of the model in the order of its files.
func (m *Model) chunksOf(tensors []gguf.Tensor) []chunk {
	var order []chunk
	seen := map[chunk]bool{}
	add := func(part, first, end int) {
		for i := first; i < end; i++ {
			if c := (chunk{part, i}); !seen[c] {
				seen[c] = true
				order = append(order, c)
			}
		}
	}
	for _, t := range tensors {
		first, end := chunkRange(t.Offset, t.Size)
		add(t.Part, first, end)
	}
	if len(tensors) == 0 {
		for i, p := range m.parts {
			add(i, 0, len(p.file.Chunks))
		}
	}
	return order
}

// pieceBytes is the largest size of a read from the store.
const pieceBytes = 16 << 20

// piece is a range of a tensor's bytes that is read at once.
type piece struct {
	tensor gguf.Tensor
	offset int64 // within the tensor
	n      int64 // bytes
}

// pieces divides tensors into reads, in the order of the files. Every piece of a tensor but its last is a multiple of
// two blocks, as ops.Backend.Upload requires.
func pieces(tensors []gguf.Tensor) []piece {
	order := make([]int, len(tensors)) // sorting the tensors themselves would add 20 KB to the browser's program
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &tensors[i], &tensors[j]
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.Offset, b.Offset))
	})
	var all []piece
	for _, i := range order {
		t := tensors[i]
		unit := int64(2 * t.Type.BlockBytes())
		step := pieceBytes / unit * unit
		for offset := int64(0); offset < t.Size; offset += step {
			all = append(all, piece{t, offset, min(step, t.Size-offset)})
		}
	}
	return all
}
