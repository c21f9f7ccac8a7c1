// Package ops names the arithmetic Outrider is made of. An op is one fused kernel with a name from the field;
// the same word names its method here, its CPU reference (internal/ref), its WGSL file (shaders/), its test and
// its benchmark. Models call ops and nothing else; they never know which backend runs them.
//
// Shapes are written fastest dimension first. n is the number of tokens of the call, the second dimension of the
// activations; it is 1 in decode, and ops whose name ends in Vec accept only n = 1. Activations are F32 and may be
// row views. A shape that does not fit is a bug in the model and panics with a *ShapeError; trouble from outside
// (memory, a lost device) is returned by the Backend's own methods.
package ops

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/quant"
)

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
	// dst U32 [1] (a row view of a longer tensor is welcome) · logits F32 [vocab, 1]
	Argmax(dst, logits *Tensor)

	// Advance makes step describe the next token: step[StepPos] += step[StepCount] and step[StepCount] = 1.
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
	Add  bool      // add to what Dst holds instead of overwriting: the residual stream
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
// (2k, 2k+1). GGUF stores Llama 2 and 3 for it too, their rows permuted. The table's row is position mod positions,
// so that a chunked layer needs a table of one chunk.
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
	TempFloor int
}

// Attention is softmax(q·K/√headDim)·V over the keys a query may see: those of its own position and before,
// and, when Chunk > 0, of the same chunk: floor(i/Chunk) = floor(j/Chunk). Query head h uses key head
// h / (numHeads/numKVHeads). Position p lies in slot p mod slots.
type Attention struct {
	Dst      *Tensor // F32 [numHeads·headDim, n]
	QKV      *Tensor // F32 [(numHeads + 2·numKVHeads)·headDim, n]; only the queries are read
	K, V     *Tensor // F16 or F32 [headDim, slots, numKVHeads]
	Step     *Tensor // U32 [StepWords]
	NumHeads int
	Window   int  // tokens; 0 means full attention
	All      bool // every query sees all slots, before it and after: the pictures' attention; Step and Chunk are not read
}

// Backend owns tensors and runs ops on them. Its methods belong to one goroutine.
type Backend interface {
	Ops

	// Limits says how large things may be on this device.
	Limits() Limits

	// Alloc makes a tensor of zeros. Errors: LimitError, ErrOutOfMemory.
	Alloc(name string, t quant.Type, shape ...int) (*Tensor, error)

	// Free gives tensors back. Views share their tensor's memory and are not freed.
	Free(ts ...*Tensor)

	// Write copies small data into t from byte offset on (plain types only): steps, ids, tables, norms.
	Write(t *Tensor, offset int, data []byte) error

	// Upload copies a weight's bytes as they lie in the file, from byte offset within the tensor on. Pieces of one
	// tensor come in order, each but the last a multiple of UploadUnit(t) bytes. The backend may repack them.
	Upload(t *Tensor, offset int64, b Blob) error

	// Record runs f, which calls ops, and keeps what it did as a program.
	Record(label string, f func()) (Program, error)

	// RecordGuarded is Record for a program that stops by itself when a token wants an expert that lies in no slot. It
	// runs while guard, U32 [1], holds 0. A Router that chooses a Missing expert writes its number there, counted from 1
	// through the program; from then on no other op of the program, and none of a guarded program after it, does
	// anything. What the ops before the Router made is untouched, so that after guard is 0 again RunFrom can go on.
	RecordGuarded(label string, guard *Tensor, f func()) (Program, error)

	// Fetch asks for n bytes of t from byte offset on as they are after all programs run so far.
	ReadBack(t *Tensor, offset, n int) Pending

	// ReadBackSlices is one Fetch of several parts; Wait gives them one after another.
	ReadBackSlices(parts ...Slice) Pending

	// Close gives everything back.
	Close()
}

// Program is a recorded list of ops that can run again and again.
type Program interface {
	// Run queues the program; it does not wait. Errors: ErrDeviceLost.
	Run() error
	// RunFrom is Run without what comes before the program's router of that number, counted from 1.
	RunFrom(router int) error
	// Release gives the program's resources back.
	Release()
}

// Part is N bytes of a tensor from byte Offset on, both multiples of 4.
type Slice struct {
	Tensor    *Tensor
	Offset, N int
}

// Pending is a read-back under way.
type Pending interface {
	// Wait gives the bytes. Errors: ErrDeviceLost, ctx.Err().
	Wait(ctx context.Context) ([]byte, error)
}

// Blob is a piece of a file on its way to a device. In the browser it is a handle to an ArrayBuffer that Go
// never copies; natively it is a byte slice. Each backend knows the kinds it accepts.
type Blob interface {
	Len() int64
	Release()
}

// Limits are a device's sizes, in bytes.
type Limits struct {
	MaxBuffer  int64 // largest single buffer
	MaxBinding int64 // largest part of a buffer one kernel can see: the largest tensor
}

// Read waits for n bytes of t from byte offset on.
func Read(ctx context.Context, b Backend, t *Tensor, offset, n int) ([]byte, error) {
	return b.ReadBack(t, offset, n).Wait(ctx)
}

// UploadUnit is the granularity of Upload in bytes: two blocks, so that a piece of any type is whole words.
func UploadUnit(t *Tensor) int { return 2 * t.Type.BlockBytes() }

// ShapeError is a bug: an op was called with tensors that do not fit each other.
type ShapeError struct {
	Op   string // the op's name, "mul_mat_vec"
	Want string // what the contract asks for
	Got  []*Tensor
}

func (e *ShapeError) Error() string { return fmt.Sprintf("%s: want %s, got %v", e.Op, e.Want, e.Got) }
