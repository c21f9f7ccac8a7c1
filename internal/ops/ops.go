// Package ops names the arithmetic Outrider is made of. An op is one fused kernel with a name from the field;
// the same word names its method here, its CPU reference (internal/ref), its WGSL file (shaders/), its test and
// its benchmark. Models call ops and nothing else; they do not know which backend runs them.
//
// Shapes are written fastest dimension first. n is the number of tokens of the call, the second dimension of the
// activations; it is 1 in decode, and ops whose name ends in Vec accept only n = 1. Activations are F32 and may be
// row views. A shape that does not fit is a bug in the model and panics with a *ShapeError. Errors with causes outside
// the program (too little memory, a lost device) are returned by the Backend's own methods.
package ops

// Ops is the op set.
type Ops interface {
	// GetRows copies rows of a table: dst[:, t] = table[:, ids[t]].
	// dst F32 [width, n] · table any type [width, nRows] · ids U32 [n], each < nRows
	GetRows(dst, table, ids *Tensor)

	// RMSNorm normalises each token: dst = w · x / sqrt(mean(x²) + eps).
	// dst, x F32 [width, n] · w F32 [width]
	RMSNorm(dst, x, w *Tensor, eps float32)

	// MulMatVec multiplies one vector with up to three matrices; see Product. n = 1.
	MulMatVec(p Product)

	// MulMat multiplies n vectors with up to three matrices; see Product.
	MulMat(p Product)

	// SwigluVec is the first half of a gated feed-forward, n = 1: dst = silu(gate·x) * (up·x).
	// dst F32 [width, 1] · x F32 [hidden, 1] · gate, up [hidden, width]
	SwigluVec(dst, x, gate, up *Tensor)

	// Swiglu combines gate and up halves that MulMat stacked: dst[i, t] = silu(gu[i, t]) * gu[width+i, t].
	// dst F32 [width, n] · gu F32 [2·width, n]
	Swiglu(dst, gu *Tensor)

	// RopeKV rotates queries and keys in place and stores keys and values in the cache; see RopeKV.
	RopeKV(r RopeKV)

	// AttentionVec attends one query token over the cache; see Attention. n = 1.
	AttentionVec(a Attention)

	// Attention attends n consecutive query tokens over the cache, which already holds their keys; see Attention.
	Attention(a Attention)

	// Argmax writes the index of the largest logit, the lowest one on a tie.
	// dst U32 [1] (may be a row view of a longer tensor) · logits F32 [vocab, 1]
	Argmax(dst, logits *Tensor)

	// Advance makes step describe the next token: step[StepPos] += step[StepCount] and step[StepCount] = 1.
	// step U32 [StepWords]
	Advance(step *Tensor)

	MoE
	Vision
}

// Product is dst = W₀x | W₁x | W₂x, stacked along dst's rows: query, key and value in one call.
type Product struct {
	Dst  *Tensor   // F32 [ΣW.rows, n]
	X    *Tensor   // F32 [hidden, n]
	W    []*Tensor // one to three, any types, each [hidden, rows]; rows of each a multiple of 4, hidden of 4
	Bias []*Tensor // nil, or F32 [rows] for each W
	Add  bool      // add to Dst instead of overwriting it: Dst is the residual stream
}

// A step is a small U32 tensor that says which tokens a program works on. Kernels read it, so that one recorded
// program serves every token.
const (
	StepPos   = 0 // absolute 0-based position of the call's first token
	StepCount = 1 // number of tokens of the call
	StepWords = 4 // length of the tensor, spare words included
)

// RopeKV rotates each query and key head of qkv by its token's position, in place, then stores keys and values
// in the cache at slot = position mod slots. The rotation is the interleaved one: pair k of a head is its elements
// (2k, 2k+1). GGUF files of Llama 2 and 3 are made for it too, with the rows of their matrices permuted. The row of the
// table is position mod positions, so that layers with chunked attention need a table of one window.
type RopeKV struct {
	QKV      *Tensor // F32 [(numHeads + 2·numKVHeads)·headDim, n]: queries, keys, values
	K, V     *Tensor // F16 or F32 [headDim, slots, numKVHeads]
	Step     *Tensor // U32 [StepWords]
	Table    *Tensor // F32 [2·(rotated pairs), positions]: cos, sin of each pair; nil leaves q and k unrotated (NoPE)
	NumHeads int

	// QKNorm, when not 0, is the eps of a weightless RMS norm of each query and key head, after the rotation.
	QKNorm float32

	// TempScale, when not 0, multiplies the queries of position p by 1 + TempScale·ln(floor((p+1)/TempFloor) + 1).
	TempScale float32
	TempFloor int // positions
}

// Attention is softmax(q·K/√headDim)·V over the keys that a query may attend to: those of its own position and before,
// and, when Window > 0, of the same window: floor(i/Window) = floor(j/Window). Query head h uses key head
// h / (numHeads/numKVHeads). Position p is in slot p mod slots.
type Attention struct {
	Dst      *Tensor // F32 [numHeads·headDim, n]
	QKV      *Tensor // F32 [(numHeads + 2·numKVHeads)·headDim, n]; only the queries are read
	K, V     *Tensor // F16 or F32 [headDim, slots, numKVHeads]
	Step     *Tensor // U32 [StepWords]
	NumHeads int
	Window   int  // positions; 0 means full attention
	All      bool // every query attends to all slots, as in the vision encoder; Step and Window are not read
}
