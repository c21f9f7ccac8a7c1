// Package gguf reads the header of a GGUF file: the metadata, and the position of each tensor. It reads the first bytes
// of a file, never the tensor data. It trusts neither the header nor the file's size: every length is checked before it
// is used. It does not know what a model is; unknown metadata and tensor types are not errors here, only where they are
// needed. Format: versions 2 and 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
package gguf

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

// File is the header of a GGUF file, or after Merge that of all parts of a split one.
type File struct {
	Version    int
	Meta       Meta
	Tensors    []Tensor // in the order of the file, parts one after another
	HeaderSize int64    // bytes from the start of the first part to the end of its tensor table
	DataStart  int64    // offset of the first part's tensor data: HeaderSize rounded up to the alignment

	index map[string]int // tensor name → index in Tensors
}

// Tensor is an entry of the tensor table: the type and shape of a tensor and the position of its bytes.
type Tensor struct {
	Name   string
	Type   quant.Type // the id in the file; see Check
	Dims   []int      // fastest first: a weight from hidden to rows is [hidden, rows]; empty for a single number
	Part   int        // index of its file in a split model
	Offset int64      // bytes from the start of that file
	Size   int64      // bytes; 0 if the type is unknown
}

// Tensor returns the tensor of a name and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Check returns an error of code unsupported_tensor_type if Outrider cannot compute with the tensor's type.
func (t Tensor) Check() error {
	if _, inFile := types[t.Type]; inFile && t.Type.Known() {
		return nil
	}
	return errs.New(errs.UnsupportedTensorType, fmt.Sprintf(
		"tensor %q is of type %s, which Outrider cannot compute with; "+
			"choose a file in another quantisation, such as Q4_K_M", t.Name, TypeName(t.Type)))
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
