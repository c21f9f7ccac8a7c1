package gpu

import "github.com/outrider-web/outrider/internal/ops"

// repack moves count blocks from b.raw, as the file has them, to their place in t, whose blocks first.. they are;
// first is even. One invocation writes one word: of a body, or a pair of scales.
func (b *Backend) repack(t *ops.Tensor, first, count int) {
	lie := packingOf(t)
	scaleAt, bodyAt := 0, 2
	if split[t.Type].scaleLast {
		scaleAt, bodyAt = t.Type.BlockBytes()-2, 0
	}
	b.dispatch(dispatch{
		op:   "repack",
		bind: []*ops.Tensor{t, b.raw},
		params: []uint32{uint32(first), uint32(count), uint32(t.Type.BlockBytes()), uint32(lie.body),
			uint32(scaleAt), uint32(bodyAt), uint32(lie.numBlocks), uint32(lie.scales), uint32(lie.stride)},
		grid: fold(ceilDiv(count*(lie.body+1), 256)),
	})
}
