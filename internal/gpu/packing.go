package gpu

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// packing is the layout of a tensor on the GPU, in u32 words. A tensor is one or more matrices [ne0, ne1], stride words
// apart; in a 3-d tensor each matrix belongs to one expert.
//
// Types whose blocks are whole words keep the file's layout. In the other types the f16 scale d makes a block half a
// word too long for that, so a matrix is repacked: first the bodies of all its blocks (a body is a block without d),
// then d of all blocks, two in a word. The matrix is padded to a multiple of four words, so that kernels can load
// vec4s.
type packing struct {
	body      int // words of one block without its d, or of the whole block; 0 for numbers narrower than a word
	scales    int // word of a matrix at which the d begin; 0 when the blocks are as in the file
	stride    int // words from one matrix to the next
	numBlocks int // in one matrix
}

// repacked lists the types that are repacked, and whether d is the first or the last value in a block of the file.
var repacked = map[quant.Type]struct{ scaleLast bool }{
	quant.Q4_0: {false}, quant.Q5_0: {false}, quant.Q8_0: {false}, quant.IQ4_NL: {false},
	quant.Q3_K: {true}, quant.Q6_K: {true},
}

// packingOf returns the layout of a tensor.
func packingOf(t *ops.Tensor) packing {
	numBlocks := t.Dim(0) / t.Type.BlockWeights() * t.Dim(1)
	bytes := t.Type.BlockBytes()
	if _, ok := repacked[t.Type]; !ok {
		return packing{body: bytes / 4, stride: ceilDiv(numBlocks*bytes, 4), numBlocks: numBlocks}
	}
	body := (bytes - 2) / 4
	scales := numBlocks * body
	return packing{body: body, scales: scales, stride: roundUp(scales+ceilDiv(numBlocks, 2), 4), numBlocks: numBlocks}
}

// matrixParams returns t's first matrix as the WGSL struct Matrix of lib/group.wgsl. The others follow every stride
// words.
func matrixParams(t *ops.Tensor) []uint32 {
	first := t.First / t.Type.BlockWeights() * t.Type.BlockBytes() / 4
	return []uint32{uint32(first), uint32(packingOf(t).scales), uint32(t.Dim(0)), uint32(t.Dim(1))}
}

// matrices returns the number of [ne0, ne1] matrices in t.
func matrices(t *ops.Tensor) int { return t.Shape.Elems() / (t.Dim(0) * t.Dim(1)) }

// deviceBytes returns the size of t on the GPU, a multiple of 16.
func deviceBytes(t *ops.Tensor) int64 {
	if _, ok := repacked[t.Type]; ok {
		return 4 * int64(packingOf(t).stride) * int64(matrices(t))
	}
	return roundUp(fileBytes(t), 16)
}

// fileBytes returns the size of t in the file.
func fileBytes(t *ops.Tensor) int64 {
	return int64(t.Type.RowBytes(t.Dim(0))) * int64(t.Shape.Elems()/t.Dim(0))
}
