package gguf

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/errs"
)

// kind is the type of a metadata value. The constants have the values of the GGUF specification.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
	numKinds
)

// kindBytes is the size of one value; for a string or an array, the size of the fields before its contents.
var kindBytes = [numKinds]int64{1, 1, 2, 2, 4, 4, 4, 1, 8, 4 + 8, 8, 8, 8}

// value is one metadata value. An array keeps the bytes of the file in one string: the vocabulary and merges of Llama 4
// are 640,000 strings, which as separate Go strings would cost the garbage collector more than everything else.
type value struct {
	kind   kind // of the elements, for an array
	array  bool
	bits   uint64   // a number or bool, widened; floats as their float64 bits
	text   string   // a string, or an array's bytes
	starts []uint32 // array of strings: offsets in text of each record (u64 length, bytes), and of the end
}

// Meta is the metadata of a file. Programs that write GGUF differ in the widths of integers, so numbers of any width
// are accepted. Its methods return absent if there is no value for the key or one of another kind (a string for a
// number, a negative number for Uint).
type Meta struct {
	keys   []string
	values map[string]value
}

// Keys returns the keys in the order of the file.
func (m Meta) Keys() []string { return m.keys }

// Has reports whether the file has the key, whatever the type of its value.
func (m Meta) Has(key string) bool { _, ok := m.values[key]; return ok }

// Uint returns an integer that is not negative.
func (m Meta) Uint(key string, absent uint64) uint64 {
	v, ok := m.scalar(key)
	if ok && v.kind.integer() && (!v.kind.signed() || int64(v.bits) >= 0) {
		return v.bits
	}
	return absent
}

// Float returns a number, which may be an integer.
func (m Meta) Float(key string, absent float64) float64 {
	if v, ok := m.scalar(key); ok && v.kind.number() {
		return v.float()
	}
	return absent
}

// String returns a string.
func (m Meta) String(key, absent string) string {
	if v, ok := m.scalar(key); ok && v.kind == kindString {
		return v.text
	}
	return absent
}

// Bool returns a bool.
func (m Meta) Bool(key string, absent bool) bool {
	if v, ok := m.scalar(key); ok && v.kind == kindBool {
		return v.bits != 0
	}
	return absent
}

// Strings returns an array of strings, empty if there is none.
func (m Meta) Strings(key string) Strings {
	v := m.values[key]
	return Strings{text: v.text, starts: v.starts}
}

// Ints returns an array of integers (bools as 0 and 1), nil if there is none. U64 values above 2^63-1 wrap around.
func (m Meta) Ints(key string) []int64 {
	v := m.values[key]
	if !v.array || !(v.kind.integer() || v.kind == kindBool) {
		return nil
	}
	ints := make([]int64, v.len())
	for i := range ints {
		ints[i] = int64(v.at(i))
	}
	return ints
}

// Floats returns an array of numbers, nil if there is none.
func (m Meta) Floats(key string) []float64 {
	v := m.values[key]
	if !v.array || !v.kind.number() {
		return nil
	}
	floats := make([]float64, v.len())
	for i := range floats {
		floats[i] = value{kind: v.kind, bits: v.at(i)}.float()
	}
	return floats
}

func (m Meta) scalar(key string) (value, bool) {
	v, ok := m.values[key]
	return v, ok && !v.array
}

// Strings is an array of strings that shares the memory of one string.
type Strings struct {
	text   string
	starts []uint32
}

// Len returns the number of strings.
func (s Strings) Len() int { return max(0, len(s.starts)-1) }

// At returns string i without copying it. The string keeps the whole array in memory.
func (s Strings) At(i int) string { return s.text[s.starts[i]+8 : s.starts[i+1]] }

func (k kind) number() bool  { return k.integer() || k.float() }
func (k kind) float() bool   { return k == kindFloat32 || k == kindFloat64 }
func (k kind) integer() bool { return k <= kindInt32 || k == kindUint64 || k == kindInt64 }
func (k kind) signed() bool {
	return k == kindInt8 || k == kindInt16 || k == kindInt32 || k == kindInt64
}

// widen converts the little-endian bytes of one number or bool to value.bits.
func (k kind) widen(b string) uint64 {
	var word [8]byte
	copy(word[:], b)
	raw := binary.LittleEndian.Uint64(word[:])
	switch {
	case k.signed():
		unused := 64 - 8*len(b)
		return uint64(int64(raw<<unused) >> unused)
	case k == kindFloat32:
		return math.Float64bits(float64(math.Float32frombits(uint32(raw))))
	}
	return raw
}

func (v value) float() float64 {
	switch {
	case v.kind.float():
		return math.Float64frombits(v.bits)
	case v.kind.signed():
		return float64(int64(v.bits))
	}
	return float64(v.bits)
}

// len returns the number of elements of an array of numbers or bools.
func (v value) len() int { return len(v.text) / int(kindBytes[v.kind]) }

// at returns the bits of element i of an array of numbers or bools.
func (v value) at(i int) uint64 {
	n := int(kindBytes[v.kind])
	return v.kind.widen(v.text[i*n : (i+1)*n])
}

// String formats a value for an error.
func (v value) String() string {
	switch {
	case v.array:
		return "an array"
	case v.kind == kindString:
		return fmt.Sprintf("%.40q", v.text)
	case v.kind == kindBool:
		return fmt.Sprint(v.bits != 0)
	}
	return fmt.Sprint(v.float())
}

// meta reads n records.
func (c *cursor) meta(n int) Meta {
	m := Meta{values: map[string]value{}}
	for i := 0; i < n && c.err == nil; i++ {
		key := c.name(fmt.Sprintf("the key of metadata record %d", i))
		if m.Has(key) {
			c.fail(errs.BadHeader, "there are two metadata records called %q", key)
		}
		m.keys = append(m.keys, key)
		m.values[key] = c.value(key)
	}
	return m
}

func (c *cursor) value(key string) value {
	k := c.kind(key)
	switch {
	case c.err != nil:
		return value{}
	case k == kindString:
		return value{kind: k, text: c.text(maxText, "the value of "+key)}
	case k == kindArray:
		return c.array(key)
	}
	b := string(c.take(kindBytes[k], "the value of "+key))
	c.checkBools(key, k, b)
	return value{kind: k, bits: k.widen(b)}
}

func (c *cursor) kind(key string) kind {
	k := kind(c.u32("the value type of " + key))
	if k >= numKinds {
		c.at -= 4
		c.fail(errs.BadHeader, "the value of %q is of unknown type %d", key, uint32(k))
	}
	return k
}

// array reads an array. Its count is checked against the largest header before memory is allocated.
func (c *cursor) array(key string) value {
	v := value{kind: c.kind(key), array: true}
	if v.kind == kindArray {
		c.fail(errs.BadHeader, "the value of %q is an array of arrays", key)
	}
	n := c.count(uint64(maxHeader/kindBytes[v.kind%numKinds]), "the number of elements of "+key)
	switch {
	case c.err != nil:
		return value{}
	case v.kind == kindString:
		v.text, v.starts = c.strings(n, key)
	default:
		v.text = string(c.take(int64(n)*kindBytes[v.kind], "the value of "+key))
		c.checkBools(key, v.kind, v.text)
	}
	return v
}

// strings reads n strings as one string and the offsets of their records in it.
func (c *cursor) strings(n int, key string) (text string, starts []uint32) {
	first := c.at
	if c.take(int64(n)*8, "the strings of "+key) == nil { // the length fields alone have this many bytes
		return "", nil
	}
	c.at = first
	what, length := "a string of "+key, "the length of a string of "+key
	starts = make([]uint32, n+1)
	for i := range n {
		starts[i] = uint32(c.at - first)
		c.take(int64(c.count(maxText, length)), what)
	}
	if c.err != nil {
		return "", nil
	}
	starts[n] = uint32(c.at - first)
	return string(c.prefix[first:c.at]), starts
}

func (c *cursor) checkBools(key string, k kind, b string) {
	for i := 0; k == kindBool && i < len(b); i++ {
		if b[i] > 1 {
			c.fail(errs.BadHeader, "the value of %q is a bool of %d, neither 0 nor 1", key, b[i])
			return
		}
	}
}
