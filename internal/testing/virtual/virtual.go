// Package virtual makes GGUF files whose bytes are computed when they are read: with the sizes, the tensor types and
// the tokenizer section of a published Llama 4, and weights computed from a seed. A file of 400 GB takes the memory
// of its header, so experiments of any size need no disk and no download.
//
// The weights are random, but activations stay finite and all experts are used. The tokens of such a model mean
// nothing. Files with the same seed have the same bytes.
package virtual

import (
	"fmt"
	"hash/fnv"
	"io"
	"sort"
	"sync"

	"github.com/outrider-web/outrider/loader/gguf"
)

// File is a virtual file. It may be read by several goroutines at once.
type File struct {
	name    string
	header  []byte
	tensors []tensor // in the order of their offsets
	size    int64

	once sync.Once
	tag  string // the result of ETag
}

// New returns the file of a model. Files with the same seed agree in all tensors of the same name, type and shape: a
// model of few layers has the first layers of the whole model.
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

// Name returns the file's name, which consists of model, types and seed.
func (f *File) Name() string { return f.name }

// Size returns the file's length in bytes.
func (f *File) Size() int64 { return f.size }

// ETag returns an HTTP ETag that changes with the header and with the way tensors are computed: it hashes a sample of
// each.
func (f *File) ETag() string {
	f.once.Do(func() {
		h := fnv.New64a()
		h.Write(f.header)
		var sample [1024]byte
		for _, t := range f.tensors {
			f.fill(sample[:min(len(sample), int(t.size()))], t.offset)
			h.Write(sample[:])
		}
		f.tag = fmt.Sprintf("\"%016x\"", h.Sum64())
	})
	return f.tag
}

// TensorBytes returns the length of all tensors in bytes, without header and padding.
func (f *File) TensorBytes() (n int64) {
	for _, t := range f.tensors {
		n += t.size()
	}
	return n
}

// ReadAt implements io.ReaderAt: it computes the bytes from off on.
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

// fill computes bytes that are all inside the file.
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

// alignment is the alignment of tensors in a GGUF file without the key general.alignment, in bytes.
const alignment = 32

// padded returns n rounded up to the alignment.
func padded(n int64) int64 { return (n + alignment - 1) / alignment * alignment }
