package gguf

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

const (
	magic            = "GGUF"
	firstRead        = 16 << 20 // bytes of the first attempt; the header of Llama 4 Scout is about 12 MB
	defaultAlignment = 32       // bytes, if the file does not have general.alignment
	maxDims          = 4
	minTensorBytes   = 24 // of the shortest entry of the tensor table
	minRecordBytes   = 14 // of the shortest metadata record
)

// Read reads the header of a file of size bytes. It calls prefix for the first n bytes of the file with growing n, at
// most size, until they contain the header. It does not keep the slices that prefix returns.
// Errors: those of prefix and of Parse.
func Read(size int64, prefix func(n int64) ([]byte, error)) (*File, error) {
	for n := min(firstRead, size); ; n = min(2*n, size) {
		b, err := prefix(n)
		if err != nil {
			return nil, err
		}
		f, err := Parse(b, size)
		if !errors.Is(err, ErrShortPrefix) {
			return f, err
		}
		if int64(len(b)) < n || n == size {
			return nil, fmt.Errorf("gguf: requested the first %d bytes, got %d", n, len(b))
		}
	}
}

// Parse reads the header of a file of size bytes from prefix, the first bytes of the file.
// Errors: ErrShortPrefix; *errs.Error with code not_gguf, truncated (header or data) or bad_header.
func Parse(prefix []byte, size int64) (*File, error) {
	c := &cursor{prefix: prefix, size: size}
	f := &File{index: map[string]int{}}
	f.Version = c.version()
	nTensors := c.entries("the number of tensors", minTensorBytes)
	nRecords := c.entries("the number of metadata records", minRecordBytes)
	f.Meta = c.meta(nRecords)
	alignment := c.alignment(f.Meta)
	for i := 0; i < nTensors && c.err == nil; i++ {
		if t := c.tensor(i); c.err == nil && !f.add(t) {
			c.fail(errs.BadHeader, "there are two tensors called %q", t.Name)
		}
	}
	f.HeaderSize = c.at
	f.DataStart = (c.at + alignment - 1) / alignment * alignment
	for i := range f.Tensors {
		c.locate(&f.Tensors[i], f.DataStart, alignment)
	}
	if c.err != nil {
		return nil, c.err
	}
	return f, nil
}

// version checks the magic number and the version. The errors name big-endian files and unsupported versions.
func (c *cursor) version() int {
	start := string(c.prefix[:min(len(magic), len(c.prefix))])
	if int64(len(start)) < min(c.size, int64(len(magic))) {
		c.err = ErrShortPrefix
	} else if start != magic {
		c.err = errs.New(errs.NotGGUF, fmt.Sprintf(
			"this is not a GGUF file: it starts with %q instead of %q; check the address or choose another file",
			start, magic))
	}
	c.take(int64(len(magic)), "the magic number")
	v := c.u32("the version")
	switch {
	case c.err != nil || v == 2 || v == 3:
		return int(v)
	case v&0xffff == 0:
		c.err = errs.New(errs.BadHeader, "this GGUF file is big-endian; choose a little-endian one")
	default:
		c.err = errs.New(errs.BadHeader, fmt.Sprintf(
			"this is GGUF version %d, and Outrider reads versions 2 and 3; choose a file in one of these", v))
	}
	return 0
}

// entries reads the number of entries of a table; one for which the rest of the file is too short is an error.
func (c *cursor) entries(what string, minBytes int64) int {
	n := c.count(maxRecords, what)
	if left := c.size - c.at; c.err == nil && int64(n) > left/minBytes {
		c.err = errs.New(errs.Truncated, fmt.Sprintf(
			"the file ends inside its header: %s is %d, but only %d bytes follow; download it again", what, n, left))
	}
	return n
}

// alignment returns the alignment of tensor data in bytes.
func (c *cursor) alignment(m Meta) int64 {
	const key = "general.alignment"
	v, ok := m.values[key]
	if !ok {
		return defaultAlignment
	}
	a := v.bits
	if v.array || v.kind != kindUint32 || a%8 != 0 || bits.OnesCount64(a) != 1 {
		c.fail(errs.BadHeader, "%s is %v, not a u32 that is a power of two and a multiple of 8", key, v)
		return defaultAlignment
	}
	return int64(a)
}

// tensor reads entry i of the tensor table. Its Offset is relative to the data section until locate makes it absolute.
func (c *cursor) tensor(i int) Tensor {
	t := Tensor{Name: c.name(fmt.Sprintf("the name of tensor %d", i))}
	n := c.u32("a tensor's number of dimensions")
	if n > maxDims {
		c.fail(errs.BadHeader, "tensor %q has %d dimensions, more than %d", t.Name, n, maxDims)
	}
	for d := 0; d < int(n) && c.err == nil; d++ {
		t.Dims = append(t.Dims, c.dim(t.Name))
	}
	t.Type = quant.Type(c.u32("a tensor's type"))
	offset := c.u64("a tensor's offset")
	if offset > math.MaxInt64 {
		c.fail(errs.BadHeader, "tensor %q has offset %d", t.Name, offset)
	}
	t.Offset = int64(offset)
	if c.err == nil {
		t.Size = c.dataSize(t)
	}
	return t
}

func (c *cursor) dim(tensor string) int {
	d := c.u64("a tensor's dimension")
	if c.err == nil && (d == 0 || d > math.MaxInt) {
		c.fail(errs.BadHeader, "tensor %q has a dimension of %d", tensor, d)
	}
	return int(d)
}

// dataSize returns the size of a tensor in bytes, 0 if its type is unknown. A block never spans two rows.
func (c *cursor) dataSize(t Tensor) int64 {
	b, ok := types[t.Type]
	if !ok {
		return 0
	}
	row := uint64(1)
	if len(t.Dims) > 0 {
		row = uint64(t.Dims[0])
	}
	if row%uint64(b.weights) != 0 {
		c.fail(errs.BadHeader, "rows of tensor %q have %d weights, not a multiple of the %d in a block of %s",
			t.Name, row, b.weights, b.name)
		return 0
	}
	hi, size := bits.Mul64(row/uint64(b.weights), uint64(b.bytes))
	for _, d := range t.Dims[min(1, len(t.Dims)):] {
		if hi != 0 {
			break
		}
		hi, size = bits.Mul64(size, uint64(d))
	}
	if hi != 0 || size > math.MaxInt64 {
		c.fail(errs.BadHeader, "tensor %q of dimensions %v is larger than any file", t.Name, t.Dims)
		return 0
	}
	return int64(size)
}

// locate makes a tensor's offset absolute and checks that its bytes are within the file.
func (c *cursor) locate(t *Tensor, dataStart, alignment int64) {
	if c.err != nil {
		return
	}
	if t.Offset%alignment != 0 {
		c.fail(errs.BadHeader, "tensor %q begins at offset %d, not a multiple of the alignment %d",
			t.Name, t.Offset, alignment)
		return
	}
	if c.size-dataStart-t.Offset < t.Size { // no overflow: dataStart < size + alignment, Offset <= 2^63 - alignment
		c.err = errs.New(errs.Truncated, fmt.Sprintf(
			"the file is cut short: tensor %q needs %d bytes from byte %d+%d on, but the file is only %d bytes long; "+
				"download it again", t.Name, t.Size, dataStart, t.Offset, c.size))
		return
	}
	t.Offset += dataStart
}
