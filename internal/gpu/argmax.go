package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// A vocabulary is searched in up to argmaxParts parts at once, of at least minArgmaxPart logits each: one workgroup
// alone would wait for memory most of the time.
const (
	argmaxParts   = 64
	minArgmaxPart = 1024
)

// Argmax dispatches argmax, a workgroup for each part of the logits, then argmax_merge, one workgroup for their
// results.
func (b *Backend) Argmax(dst, logits *ops.Tensor) {
	ops.CheckArgmax(dst, logits)
	vocab := logits.Dim(0)
	part := max(ceilDiv(vocab, argmaxParts), minArgmaxPart)
	parts := ceilDiv(vocab, part)
	found := b.intermediate("argmax", 2, argmaxParts)
	if found == nil {
		return
	}
	b.dispatch(dispatch{
		op:     "argmax",
		bind:   []*ops.Tensor{found, logits},
		params: []uint32{uint32(vocab), uint32(logits.First), uint32(part)},
		grid:   [3]int{parts, 1, 1},
	})
	b.dispatch(dispatch{
		op:      "argmax_merge",
		defines: map[string]string{"LANES": strconv.Itoa(argmaxParts)},
		bind:    []*ops.Tensor{dst, found},
		params:  []uint32{uint32(parts), uint32(dst.First)},
		grid:    [3]int{1, 1, 1},
	})
}
