package gpu

import "github.com/outrider-web/outrider/internal/ops"

// RopeKV: one invocation four elements of a head. Without a table the queries have nothing to do.
func (b *Backend) RopeKV(r ops.RopeKV) {
	ops.CheckRopeKV(r)
	checkHeadDim("rope_kv", r.K)
	fours, numKVHeads, n := r.K.Dim(0)/4, r.K.Dim(2), r.QKV.Dim(1)
	d := dispatch{
		op:      "rope_kv",
		defines: map[string]string{"CACHE": typeName(r.K), "ROTATE": flag(r.Table != nil)},
		bind:    []*ops.Tensor{r.QKV, r.K, r.V, r.Step},
	}
	firstHead, tableFirst, positions, pairs := r.NumHeads, 0, 1, 0
	if r.Table != nil {
		d.bind = append(d.bind, r.Table)
		firstHead, tableFirst, positions, pairs = 0, r.Table.First/2, r.Table.Dim(1), r.Table.Dim(0)/2
	}
	endHead := r.NumHeads + 2*numKVHeads
	d.params = words(r.QKV.First/4, r.Step.First, tableFirst, positions, pairs, fours, r.K.Dim(1), n,
		firstHead, r.NumHeads, r.NumHeads+numKVHeads, endHead)
	d.grid = fold(ceilDiv(n*(endHead-firstHead)*fours, 64))
	b.dispatch(d)
}

// words are the Params of a dispatch.
func words(values ...int) []uint32 {
	out := make([]uint32, len(values))
	for i, v := range values {
		out[i] = uint32(v)
	}
	return out
}

// checkHeadDim: the kernels load heads by fours, and keep one in a workgroup.
func checkHeadDim(op string, cache *ops.Tensor) {
	if d := cache.Dim(0); d%4 != 0 || d > 256 {
		panic(&ops.ShapeError{Op: op, Want: "headDim a multiple of 4, at most 256", Got: []*ops.Tensor{cache}})
	}
}
