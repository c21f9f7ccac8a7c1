package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/outrider-web/outrider/internal/quant"
)

// Writer builds a small GGUF file of version 3: models for tests and for cmd/pack. The zero value is an empty file.
type Writer struct {
	records bytes.Buffer
	infos   bytes.Buffer
	data    [][]byte
	offset  int64 // of the next tensor, within the data section

	numRecords, numTensors int
}

// Set appends a metadata record. The value is a bool, string, sized number, or slice of one of these; others panic.
func (w *Writer) Set(key string, v any) {
	w.numRecords++
	writeText(&w.records, key)
	if k, ok := kindOf(v); ok {
		put(&w.records, k)
		writeScalar(&w.records, v)
		return
	}
	put(&w.records, kindArray)
	writeArray(&w.records, key, v)
}

// Add appends a tensor; data is in the block format of its type. It panics if data does not fit the dimensions.
func (w *Writer) Add(name string, t quant.Type, dims []int, data []byte) {
	n := 1
	for _, d := range dims {
		n *= d
	}
	if want := t.RowBytes(n); len(data) != want {
		panic(fmt.Sprintf("gguf: tensor %q %s%v has %d bytes, want %d", name, t, dims, len(data), want))
	}
	w.Declare(name, t, dims)
	w.data = append(w.data, data)
}

// Declare appends a tensor without its bytes. The caller writes Header and then the bytes of every tensor, each padded
// to a multiple of 32 bytes; WriteTo cannot be used.
func (w *Writer) Declare(name string, t quant.Type, dims []int) {
	w.numTensors++
	writeText(&w.infos, name)
	put(&w.infos, uint32(len(dims)))
	n := 1
	for _, d := range dims {
		put(&w.infos, uint64(d))
		n *= d
	}
	put(&w.infos, uint32(t))
	put(&w.infos, uint64(w.offset))
	w.offset += roundUp(int64(t.RowBytes(n)))
}

// Header returns the file up to the beginning of its tensor data.
func (w *Writer) Header() []byte {
	var head bytes.Buffer
	head.WriteString(magic)
	put(&head, uint32(3))
	put(&head, uint64(w.numTensors))
	put(&head, uint64(w.numRecords))
	head.Write(w.records.Bytes())
	head.Write(w.infos.Bytes())
	head.Write(make([]byte, roundUp(int64(head.Len()))-int64(head.Len())))
	return head.Bytes()
}

// WriteTo writes the file. It panics if a tensor was declared without its bytes.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	if len(w.data) != w.numTensors {
		panic("gguf: a tensor was declared without its bytes")
	}
	total := int64(0)
	for _, section := range append([][]byte{w.Header()}, w.data...) {
		for _, b := range [][]byte{section, make([]byte, roundUp(int64(len(section)))-int64(len(section)))} {
			n, err := out.Write(b)
			total += int64(n)
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// Bytes returns the file as one slice.
func (w *Writer) Bytes() []byte {
	var b bytes.Buffer
	w.WriteTo(&b) // a bytes.Buffer never fails
	return b.Bytes()
}

func roundUp(n int64) int64 { return (n + defaultAlignment - 1) / defaultAlignment * defaultAlignment }

// put writes a number or bool, or a slice of them, little-endian. It panics if v is of another type.
func put(b *bytes.Buffer, v any) {
	if err := binary.Write(b, binary.LittleEndian, v); err != nil {
		panic("gguf: " + err.Error())
	}
}

func writeText(b *bytes.Buffer, s string) {
	put(b, uint64(len(s)))
	b.WriteString(s)
}

func writeScalar(b *bytes.Buffer, v any) {
	if s, ok := v.(string); ok {
		writeText(b, s)
		return
	}
	put(b, v)
}

func writeArray(b *bytes.Buffer, key string, v any) {
	switch v := v.(type) {
	case []string:
		writeElems(b, v)
	case []uint8:
		writeElems(b, v)
	case []int8:
		writeElems(b, v)
	case []uint16:
		writeElems(b, v)
	case []int16:
		writeElems(b, v)
	case []uint32:
		writeElems(b, v)
	case []int32:
		writeElems(b, v)
	case []float32:
		writeElems(b, v)
	case []bool:
		writeElems(b, v)
	case []uint64:
		writeElems(b, v)
	case []int64:
		writeElems(b, v)
	case []float64:
		writeElems(b, v)
	default:
		panic(fmt.Sprintf("gguf: key %q has a value of type %T, which GGUF cannot hold", key, v))
	}
}

func writeElems[T any](b *bytes.Buffer, elems []T) {
	var zero T
	k, _ := kindOf(zero)
	put(b, k)
	put(b, uint64(len(elems)))
	for _, e := range elems {
		writeScalar(b, e)
	}
}

func kindOf(v any) (kind, bool) {
	switch v.(type) {
	case uint8:
		return kindUint8, true
	case int8:
		return kindInt8, true
	case uint16:
		return kindUint16, true
	case int16:
		return kindInt16, true
	case uint32:
		return kindUint32, true
	case int32:
		return kindInt32, true
	case float32:
		return kindFloat32, true
	case bool:
		return kindBool, true
	case string:
		return kindString, true
	case uint64:
		return kindUint64, true
	case int64:
		return kindInt64, true
	case float64:
		return kindFloat64, true
	}
	return 0, false
}
