package ref

import (
	"encoding/binary"
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// memory holds the numbers of a tensor, in one of its fields.
type memory struct {
	words  []uint32  // U32
	floats []float32 // F32, and F16 as rounded numbers
	blocks []byte    // other weights, as they are in the file; a row is dequantised when an op reads it
	stream *stream   // weights that are read from their file whenever an op needs them
}

// newMemory returns zeros.
func newMemory(t quant.Type, s ops.Shape) *memory {
	switch t {
	case quant.U32:
		return &memory{words: make([]uint32, s.Elems())}
	case quant.F32, quant.F16:
		return &memory{floats: make([]float32, s.Elems())}
	default:
		return &memory{blocks: make([]byte, t.RowBytes(s.Elems()))}
	}
}

// memoryOf returns the memory of a tensor of this backend.
func memoryOf(t *ops.Tensor) *memory { return t.Data.(*memory) }

// put copies whole blocks into t, beginning at a byte offset.
func (m *memory) put(t *ops.Tensor, offset int, data []byte) error {
	size := t.Type.RowBytes(t.Shape.Elems())
	block := t.Type.BlockBytes()
	if offset < 0 || offset+len(data) > size || offset%block != 0 || len(data)%block != 0 {
		return fmt.Errorf("ref: %d bytes at offset %d do not fit into %v of %d bytes", len(data), offset, t, size)
	}
	offset += t.Type.RowBytes(t.First)
	switch {
	case m.words != nil:
		for i := 0; i < len(data); i += 4 {
			m.words[(offset+i)/4] = binary.LittleEndian.Uint32(data[i:])
		}
	case m.floats != nil:
		quant.Dequantize(t.Type, m.floats[offset/block:(offset+len(data))/block], data)
	default:
		copy(m.blocks[offset:], data)
	}
	return nil
}

// get returns n bytes of t, whole blocks, beginning at a byte offset.
func (m *memory) get(t *ops.Tensor, offset, n int) []byte {
	offset += t.Type.RowBytes(t.First)
	data := make([]byte, n)
	switch {
	case m.words != nil:
		for i := 0; i < n; i += 4 {
			binary.LittleEndian.PutUint32(data[i:], m.words[(offset+i)/4])
		}
	case m.floats != nil:
		block := t.Type.BlockBytes()
		quant.Quantize(t.Type, data, m.floats[offset/block:(offset+n)/block])
	default:
		copy(data, m.blocks[offset:])
	}
	return data
}

// bytes returns n bytes of blocks, beginning at a byte offset. The caller must not change them.
func (m *memory) bytes(offset, n int) []byte {
	if m.stream != nil {
		return m.stream.read(offset, n)
	}
	return m.blocks[offset:][:n]
}

// words returns the elements of a U32 tensor or view; the caller may change them.
func words(t *ops.Tensor) []uint32 { return memoryOf(t).words[t.First : t.First+t.Shape.Elems()] }

// floats returns the elements of an F32 or F16 tensor or view; the caller may change them.
func floats(t *ops.Tensor) []float32 { return memoryOf(t).floats[t.First : t.First+t.Shape.Elems()] }

// row returns row r of a tensor of any weight type, for the caller to read. Rows of F32 and F16 are views; rows of
// other types are dequantised into scratch, which has t.Dim(0) elements.
func row(t *ops.Tensor, r int, scratch []float32) []float32 {
	width := t.Dim(0)
	m, first := memoryOf(t), t.First+r*width
	if m.floats != nil {
		return m.floats[first : first+width]
	}
	quant.Dequantize(t.Type, scratch, m.bytes(t.Type.RowBytes(first), t.Type.RowBytes(width)))
	return scratch
}
