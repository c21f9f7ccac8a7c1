package gpu

import "github.com/outrider-web/outrider/internal/ops"

// repack dispatches repack: it copies count blocks from b.uploads, in the file's layout, to blocks first …
// first+count-1 of t, in the layout of packing. The number first is even. An invocation writes one word: of a body,
// or a pair of scales.
func (b *Backend) repack(t *ops.Tensor, first, count int) {
	p := packingOf(t)
	scaleAt, bodyAt := 0, 2
	if repacked[t.Type].scaleLast {
		scaleAt, bodyAt = t.Type.BlockBytes()-2, 0
	}
	b.dispatch(dispatch{
		op:   "repack",
		bind: []*ops.Tensor{t, b.uploads},
		params: []uint32{uint32(first), uint32(count), uint32(t.Type.BlockBytes()), uint32(p.body),
			uint32(scaleAt), uint32(bodyAt), uint32(p.numBlocks), uint32(p.scales), uint32(p.stride)},
		grid: grid2D(ceilDiv(count*(p.body+1), 256)),
	})
}
