// Package virtual makes GGUF files that exist nowhere: the geometry, the tensor types and the tokenizer section of a
// published Llama 4, and weights that are computed from a seed wherever somebody reads. A file of 400 GB costs the
// memory of its header, so experiments of any size need no disk and no download.
//
// The weights are random, but such that activations stay finite and every expert is used; the tokens such a model
// writes mean nothing. Two readers of one seed see the same bytes. The package refuses to know who reads: a server, a
// test, the CPU reference.
package virtual

import (
	"fmt"
	"io"
	"sort"
	"sync"

	"github.com/outrider-web/outrider/loader/gguf"
)

// File is a virtual file. It may be read by many at once.
type File struct {
	name    string
	header  []byte
	tensors []tensor // in the order of their offsets
	size    int64

	once sync.Once
	tag  string // what etag computed once
}

// New lays out a model's file. Files of one seed agree in all tensors of one name, type and shape: a model of few
// layers has the first layers of the whole one.
func New(m Model, types Types, seed uint64) *File {
	f := &File{name: fmt.Sprintf("%s-%s-seed%d.gguf", m.Name, types.Name, seed)}
	w := &gguf.Writer{}
	m.metadata(w, types)
	m.vocabulary(w)
	f.tensors = m.tensors(types, seed)
	for _, t := range f.tensors {
		w.Declare(t.name, t.typ, t.dims)
	}
	f.header = w.Header()
	f.size = int64(len(f.header))
	for i := range f.tensors {
		f.tensors[i].offset = f.size
		f.size += padded(f.tensors[i].size())
	}
	return f
}

// Name is the file's name; it says model, types and seed.
func (f *File) Name() string { return f.name }

// Size is the file's length in bytes.
func (f *File) Size() int64 { return f.size }

// TensorBytes is the length of all tensors, in bytes, without header and padding.
func (f *File) TensorBytes() (n int64) {
	for _, t := range f.tensors {
		n += t.size()
	}
	return n
}

// ReadAt computes the bytes from off on; it is io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("virtual: offset %d is negative", off)
	}
	n := int(min(int64(len(p)), max(0, f.size-off)))
	f.fill(p[:n], off)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fill computes bytes that all lie within the file.
func (f *File) fill(p []byte, off int64) {
	if off < int64(len(f.header)) {
		n := copy(p, f.header[off:])
		p, off = p[n:], off+int64(n)
	}
	next := sort.Search(len(f.tensors), func(i int) bool { return f.tensors[i].end() > off })
	for len(p) > 0 {
		t := &f.tensors[next]
		n := int(min(int64(len(p)), t.end()-off))
		t.fill(p[:n], off-t.offset)
		p, off, next = p[n:], off+int64(n), next+1
	}
}

// alignment of tensors in a GGUF file that does not say otherwise.
const alignment = 32

func padded(n int64) int64 { return (n + alignment - 1) / alignment * alignment }
