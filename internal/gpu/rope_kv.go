package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// RopeKV: one invocation four elements of a head, whole heads a workgroup. Queries that nothing changes are left out.
func (b *Backend) RopeKV(r ops.RopeKV) {
	ops.CheckRopeKV(r)
	checkHeadDim("rope_kv", r.K)
	numKVHeads, n := r.K.Dim(2), r.QKV.Dim(1)
	fours := r.K.Dim(0) / 4
	perGroup := max(64/fours, 1)
	firstHead, endHead := 0, r.NumHeads+2*numKVHeads
	if r.Table == nil && r.QKNorm == 0 && r.TempScale == 0 {
		firstHead = r.NumHeads
	}
	d := dispatch{
		op: "rope_kv",
		defines: map[string]string{
			"CACHE": typeName(r.K), "FOURS": strconv.Itoa(fours), "HEADS": strconv.Itoa(perGroup),
			"ROTATE": flag(r.Table != nil), "NORM": flag(r.QKNorm != 0), "TEMPERATURE": flag(r.TempScale != 0),
		},
		bind: []*ops.Tensor{r.QKV, r.K, r.V, r.Step},
		grid: fold(ceilDiv(n*(endHead-firstHead), perGroup)),
	}
	tableFirst, positions, pairs := 0, 1, 0
	if r.Table != nil {
		d.bind = append(d.bind, r.Table)
		tableFirst, positions, pairs = r.Table.First/2, r.Table.Dim(1), r.Table.Dim(0)/2
	}
	d.params = append(words(r.QKV.First/4, r.Step.First, tableFirst, positions, pairs, r.K.Dim(1), n,
		firstHead, r.NumHeads, r.NumHeads+numKVHeads, endHead), f32bits(r.QKNorm), f32bits(r.TempScale), uint32(r.TempFloor))
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
