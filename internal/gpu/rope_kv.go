package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// RopeKV dispatches rope_kv, an invocation for four elements of a head and a workgroup for some whole heads. Queries
// that nothing changes are left out.
func (b *Backend) RopeKV(r ops.RopeKV) {
	ops.CheckRopeKV(r)
	checkHeadDim("rope_kv", r.K)
	numKVHeads, n := r.K.Dim(2), r.QKV.Dim(1)
	headVec4s := r.K.Dim(0) / 4
	headsPerWorkgroup := max(64/headVec4s, 1)
	firstHead, endHead := 0, r.NumHeads+2*numKVHeads
	if r.Table == nil && r.QKNorm == 0 && r.TempScale == 0 {
		firstHead = r.NumHeads
	}
	d := dispatch{
		op: "rope_kv",
		defines: map[string]string{
			"CACHE": typeName(r.K), "HEAD_VEC4S": strconv.Itoa(headVec4s), "HEADS": strconv.Itoa(headsPerWorkgroup),
			"ROTATE": flag(r.Table != nil), "NORM": flag(r.QKNorm != 0), "TEMPERATURE": flag(r.TempScale != 0),
		},
		bind: []*ops.Tensor{r.QKV, r.K, r.V, r.Step},
		grid: grid2D(ceilDiv(n*(endHead-firstHead), headsPerWorkgroup)),
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

// checkHeadDim panics unless a head fits the kernels, which load it in vec4s and keep all of it in one workgroup.
func checkHeadDim(op string, cache *ops.Tensor) {
	if d := cache.Dim(0); d%4 != 0 || d > 256 {
		panic(&ops.ShapeError{Op: op, Want: "headDim a multiple of 4, at most 256", Got: []*ops.Tensor{cache}})
	}
}
