// Package gguf reads the header of a GGUF file: metadata, and where each tensor lies. It sees the first bytes of a
// file and its size, never the tensor data, and it trusts neither: every length is bounded before it is used. It
// refuses to know what a model is; unknown metadata and tensor types pass through and are refused only by those who
// need them. Format: versions 2 and 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
package gguf

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

// File is the header of a GGUF file, or of all parts of a split one after Merge.
type File struct {
	Version    int
	Meta       Meta
	Tensors    []Tensor // in the order of the file, parts one after another
	HeaderSize int64    // bytes from the start of the first part to the end of its tensor table
	DataStart  int64    // offset of the first part's tensor data: HeaderSize rounded up to the alignment

	index map[string]int // tensor name → place in Tensors
}

// Tensor says what a tensor is and where its bytes lie.
type Tensor struct {
	Name   string
	Type   quant.Type // the id as written in the file; see Check
	Dims   []int      // fastest first: a weight from hidden to rows is [hidden, rows]; empty for a single number
	Part   int        // which file of a split, from 0
	Offset int64      // bytes from the start of that file
	Size   int64      // bytes; 0 when the type is not known
}

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Check reports whether Outrider can compute with the tensor's type; the error has code unsupported_tensor_type.
func (t Tensor) Check() error {
	if _, inFile := types[t.Type]; inFile && t.Type.Known() {
		return nil
	}
	return errs.New(errs.UnsupportedTensorType, fmt.Sprintf(
		"tensor %q is of type %s, which Outrider cannot compute with; choose a file in another quantisation, such as Q4_K_M",
		t.Name, TypeName(t.Type)))
}

// add appends a tensor and reports whether its name is new.
func (f *File) add(t Tensor) bool {
	if _, taken := f.index[t.Name]; taken {
		return false
	}
	f.index[t.Name] = len(f.Tensors)
	f.Tensors = append(f.Tensors, t)
	return true
}
