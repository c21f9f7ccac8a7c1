package ref

import (
	"math"

	"github.com/x448/float16"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// RopeKV rotates and normalises queries and keys in place, scales queries, and stores keys and values in the cache.
func (b *Backend) RopeKV(r ops.RopeKV) {
	ops.CheckRopeKV(r)
	b.record(func() {
		first := int(words(r.Step)[ops.StepPos])
		for t := range r.QKV.Dim(1) {
			ropeKV(r, floats(r.QKV.Rows(t, 1)), first+t)
		}
	})
}

// ropeKV is RopeKV for one token at a position. qkv [(numHeads + 2·numKVHeads)·headDim]
func ropeKV(r ops.RopeKV, qkv []float32, pos int) {
	headDim, numKVHeads := r.K.Dim(0), r.K.Dim(2)
	head := func(h int) []float32 { return qkv[h*headDim : (h+1)*headDim] }
	for h := range r.NumHeads + numKVHeads {
		if r.Table != nil {
			rotate(head(h), floats(r.Table.Rows(pos%r.Table.Dim(1), 1)))
		}
		if r.QKNorm != 0 {
			scale(head(h), 1/math.Sqrt(dot(head(h), head(h))/float64(headDim)+float64(r.QKNorm)))
		}
	}
	if r.TempScale != 0 {
		scale(qkv[:r.NumHeads*headDim], temperature(pos, r.TempFloor, float64(r.TempScale)))
	}
	for h := range numKVHeads {
		store(r.K, h, pos, head(r.NumHeads+h))
		store(r.V, h, pos, head(r.NumHeads+numKVHeads+h))
	}
}

// rotate rotates pair k, elements 2k and 2k+1, by the angle whose cos and sin are table[2k] and table[2k+1]. Pairs
// beyond the table stay as they are.
func rotate(head, table []float32) {
	for i := 0; i < len(table); i += 2 {
		cos, sin := float64(table[i]), float64(table[i+1])
		x, y := float64(head[i]), float64(head[i+1])
		head[i], head[i+1] = float32(x*cos-y*sin), float32(x*sin+y*cos)
	}
}

// temperature returns the attention temperature, a factor of the queries of a position (docs/spec/llama4.md §2.5).
func temperature(pos, floor int, scale float64) float64 {
	return 1 + scale*math.Log(float64((pos+1)/floor)+1)
}

// scale multiplies x by a factor.
func scale(x []float32, by float64) {
	for i := range x {
		x[i] = float32(float64(x[i]) * by)
	}
}

// slot returns the slot of a position and a key head. cache [headDim, slots, numKVHeads]
func slot(cache *ops.Tensor, head, pos int) []float32 {
	headDim, slots := cache.Dim(0), cache.Dim(1)
	at := (head*slots + pos%slots) * headDim
	return floats(cache)[at : at+headDim]
}

// store copies a vector into a slot, rounded to F16 if the cache has that type.
func store(cache *ops.Tensor, head, pos int, vector []float32) {
	to := slot(cache, head, pos)
	copy(to, vector)
	if cache.Type == quant.F16 {
		for i := range to {
			to[i] = float16.Fromfloat32(to[i]).Float32()
		}
	}
}

// AttentionVec attends one query token over the cache.
func (b *Backend) AttentionVec(a ops.Attention) {
	ops.CheckAttention("attention_vec", a)
	b.record(func() { attend(a) })
}

// Attention attends n consecutive query tokens over the cache.
func (b *Backend) Attention(a ops.Attention) {
	ops.CheckAttention("attention", a)
	b.record(func() { attend(a) })
}

// attend computes the attention of all tokens and heads.
func attend(a ops.Attention) {
	first := int(words(a.Step)[ops.StepPos])
	headDim := a.K.Dim(0)
	parallel(a.QKV.Dim(1)*a.NumHeads, func(i, end int) {
		for ; i < end; i++ {
			t, h := i/a.NumHeads, i%a.NumHeads
			query := floats(a.QKV.Rows(t, 1))[h*headDim : (h+1)*headDim]
			attendHead(a, floats(a.Dst.Rows(t, 1))[h*headDim:(h+1)*headDim], query, h, first+t)
		}
	})
}

// attended returns the positions that a query attends to, from start up to but not including end.
func attended(a ops.Attention, pos int) (start, end int) {
	switch {
	case a.All:
		return 0, a.K.Dim(1)
	case a.Window > 0:
		return pos / a.Window * a.Window, pos + 1
	}
	return 0, pos + 1
}

// attendHead computes softmax(q·K/√headDim)·V for one query head at one position.
func attendHead(a ops.Attention, dst, query []float32, head, pos int) {
	kvHead := head / (a.NumHeads / a.K.Dim(2))
	start, end := attended(a, pos)
	scores := make([]float64, end-start)
	for i := range scores {
		scores[i] = dot(query, slot(a.K, kvHead, start+i)) / math.Sqrt(float64(len(query)))
	}
	softmax(scores)
	sums := make([]float64, len(dst))
	for i, p := range scores {
		for j, v := range slot(a.V, kvHead, start+i) {
			sums[j] += p * float64(v)
		}
	}
	for j, s := range sums {
		dst[j] = float32(s)
	}
}

// softmax replaces x by its softmax.
func softmax(x []float64) {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	var sum float64
	for i, v := range x {
		x[i] = math.Exp(v - largest)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}
