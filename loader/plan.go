package loader

import (
	"cmp"
	"slices"

	"github.com/outrider-web/outrider/loader/gguf"
)

// chunk is one chunk of one part: the unit of a download.
type chunk struct{ part, index int }

// plan lists the chunks that tensors lie in, each once, in the order of the tensors; of no tensors, all chunks of the
// model in the order of its files.
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

// pieceBytes bounds what is read from the store at once.
const pieceBytes = 16 << 20

// piece is a run of bytes of a tensor that is read at once.
type piece struct {
	tensor gguf.Tensor
	offset int64 // within the tensor
	n      int64
}

// pieces cuts tensors into reads, in the order in which they lie in the files. Every piece of a tensor but its last is a
// multiple of two blocks, as ops.Backend.Upload wants it.
func pieces(tensors []gguf.Tensor) []piece {
	order := make([]int, len(tensors)) // of numbers: sorting the tensors themselves would be 20 KB of the browser's program
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
