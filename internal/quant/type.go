// Package quant implements the block formats of weights in GGUF files: the size of a block, and its conversion to
// float32 and back. GPU kernels are tested against it, so the code follows the layout tables and is not written for
// speed. It does not depend on files, tensors or devices.
package quant

import "fmt"

// Type is a ggml tensor type; the values are the ids written in GGUF files.
type Type uint32

// The types that Outrider can compute with, and I32 and U32 for its own index buffers.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q2_K Type = 10
	Q3_K Type = 11
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14

	IQ4_NL Type = 20
	IQ4_XS Type = 23

	I32  Type = 26
	BF16 Type = 30
	U32  Type = 1 << 16 // never in a file: token ids, positions, expert choices
)

// WeightTypes are the types that weights may have.
var WeightTypes = []Type{F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS}

// layout describes one block: how many weights it holds, in how many bytes.
type layout struct {
	name    string
	weights int
	bytes   int
}

var layouts = map[Type]layout{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, I32: {"I32", 1, 4}, U32: {"U32", 1, 4},
	Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20}, Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34}, IQ4_NL: {"IQ4_NL", 32, 18}, IQ4_XS: {"IQ4_XS", 256, 136},
	Q2_K: {"Q2_K", 256, 84}, Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144},
	Q5_K: {"Q5_K", 256, 176}, Q6_K: {"Q6_K", 256, 210},
}

// Known reports whether Outrider can compute with t.
func (t Type) Known() bool { _, ok := layouts[t]; return ok }

// String returns ggml's name of the type, or "type N" for an unknown type.
func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// BlockWeights returns the number of weights in one block; 1 for types without blocks. It panics on an unknown type.
func (t Type) BlockWeights() int { return t.layout().weights }

// BlockBytes returns the size of one block in the file, in bytes. It panics on an unknown type.
func (t Type) BlockBytes() int { return t.layout().bytes }

// RowBytes returns the size in the file of a row of n weights, in bytes. n must be a multiple of BlockWeights.
func (t Type) RowBytes(n int) int { l := t.layout(); return n / l.weights * l.bytes }

func (t Type) layout() layout {
	l, ok := layouts[t]
	if !ok {
		panic("quant: no layout for " + t.String())
	}
	return l
}
