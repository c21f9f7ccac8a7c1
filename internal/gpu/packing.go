package gpu

import (
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// packing is how a tensor's numbers lie on the GPU, in u32 words. A tensor is one or more matrices
// [ne0, ne1] (an expert each, in a 3-d tensor), stride words apart.
//
// Types whose blocks are whole words lie as in the file. In the others the f16 scale d makes a block two bytes
// too long for that, so a matrix is split: first the bodies of all its blocks (the block without d), then all
// its d, two in a word. It is filled up to four words, so that kernels can load vec4s.
type packing struct {
	body      int // words of one block without its d, or of the whole block; 0 for numbers narrower than a word
	scales    int // word of a matrix at which its d begin; 0 when the blocks lie whole
	stride    int // words from one matrix to the next
	numBlocks int // in one matrix
}

// split says that the type's blocks need repacking, and where in a block of the file d lies: first or last.
var split = map[quant.Type]struct{ scaleLast bool }{
	quant.Q4_0: {false}, quant.Q8_0: {false}, quant.Q3_K: {true}, quant.Q6_K: {true},
}

// packingOf lays out one tensor.
func packingOf(t *ops.Tensor) packing {
	numBlocks := t.Dim(0) / t.Type.BlockWeights() * t.Dim(1)
	bytes := t.Type.BlockBytes()
	if _, ok := split[t.Type]; !ok {
		return packing{body: bytes / 4, stride: ceilDiv(numBlocks*bytes, 4), numBlocks: numBlocks}
	}
	body := (bytes - 2) / 4
	scales := numBlocks * body
	return packing{body: body, scales: scales, stride: roundUp(scales+ceilDiv(numBlocks, 2), 4), numBlocks: numBlocks}
}

// matrixParams is t's first matrix as the WGSL struct Matrix of lib/group.wgsl. The others are stride words on.
func matrixParams(t *ops.Tensor) []uint32 {
	first := t.First / t.Type.BlockWeights() * t.Type.BlockBytes() / 4
	return []uint32{uint32(first), uint32(packingOf(t).scales), uint32(t.Dim(0)), uint32(t.Dim(1))}
}

// matrices is the number of [ne0, ne1] matrices in t.
func matrices(t *ops.Tensor) int { return t.Shape.Elems() / (t.Dim(0) * t.Dim(1)) }

// deviceBytes is the size of t on the GPU, whole vec4s.
func deviceBytes(t *ops.Tensor) int64 {
	if _, ok := split[t.Type]; ok {
		return 4 * int64(packingOf(t).stride) * int64(matrices(t))
	}
	return roundUp(fileBytes(t), 16)
}

// fileBytes is the size of t in the file.
func fileBytes(t *ops.Tensor) int64 {
	return int64(t.Type.RowBytes(t.Dim(0))) * int64(t.Shape.Elems()/t.Dim(0))
}
