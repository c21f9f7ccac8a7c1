package gguf

import (
	"bytes"
	"math"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/quant"
)

// header builds a header field by field, so that a test can make any of them invalid.
type header struct{ bytes.Buffer }

func newHeader(version uint32, nTensors, nRecords uint64) *header {
	h := &header{}
	h.WriteString(magic)
	put(&h.Buffer, version)
	put(&h.Buffer, nTensors)
	put(&h.Buffer, nRecords)
	return h
}

// text appends a string whose length field is n.
func (h *header) text(n uint64, s string) *header {
	put(&h.Buffer, n)
	h.WriteString(s)
	return h
}

func (h *header) record(key string, fields ...any) *header {
	return h.text(uint64(len(key)), key).num(fields...)
}

func (h *header) num(fields ...any) *header {
	for _, f := range fields {
		put(&h.Buffer, f)
	}
	return h
}

func (h *header) tensor(name string, t quant.Type, offset uint64, dims ...uint64) *header {
	h.text(uint64(len(name)), name).num(uint32(len(dims)), dims)
	return h.num(uint32(t), offset)
}

// pad appends zeros up to a multiple of 32, and n more.
func (h *header) pad(n int) *header {
	h.Write(make([]byte, roundUp(int64(h.Len()))-int64(h.Len())+int64(n)))
	return h
}

func tinyModel() []byte {
	w := &Writer{}
	w.Set("general.architecture", "llama")
	w.Set("llama.block_count", uint32(2))
	w.Set("tokenizer.ggml.tokens", []string{"a", "", "Ġthe"})
	w.Add("token_embd.weight", quant.F32, []int{4, 3}, make([]byte, 48))
	w.Add("blk.0.attn_q.weight", quant.Q4_0, []int{32, 2}, make([]byte, 36))
	w.Add("output_norm.weight", quant.F32, []int{4}, make([]byte, 16))
	return w.Bytes()
}

// bad lists files that Parse must refuse. Each is also a seed of FuzzParse.
var bad = []struct {
	name string
	file []byte
	code errs.Code
	says string // part of the message
}{
	{"empty", nil, errs.NotGGUF, `starts with ""`},
	{"a web page", []byte("<!DOCTYPE html><title>Sign in</title>"), errs.NotGGUF, `starts with "<!DO"`},
	{"half a magic number", []byte("GG"), errs.NotGGUF, `starts with "GG"`},
	{"magic alone", []byte("GGUF"), errs.Truncated, "the version at byte 4 needs 4 bytes"},
	{"header cut in the counts", tinyModel()[:20], errs.Truncated, "the file ends inside its header"},
	{"header cut in the metadata", tinyModel()[:80], errs.Truncated, "the file ends inside its header"},
	{"data cut", tinyModel()[:len(tinyModel())-40], errs.Truncated, `tensor "output_norm.weight" needs 16 bytes`},
	{"version 1", newHeader(1, 0, 0).Bytes(), errs.BadHeader, "GGUF version 1"},
	{"version 4", newHeader(4, 0, 0).Bytes(), errs.BadHeader, "GGUF version 4"},
	{"big-endian", newHeader(3<<24, 0, 0).Bytes(), errs.BadHeader, "big-endian"},

	{"absurd number of tensors",
		newHeader(3, math.MaxUint64, 0).pad(64).Bytes(), errs.BadHeader, "the number of tensors is 18446744073709551615"},
	{"absurd number of records",
		newHeader(3, 0, 1<<40).pad(64).Bytes(), errs.BadHeader, "the number of metadata records is 1099511627776"},
	{"more tensors than bytes", newHeader(3, 60000, 0).pad(64).Bytes(), errs.Truncated, "the number of tensors is 60000"},
	{"more records than bytes",
		newHeader(3, 0, 60000).pad(64).Bytes(), errs.Truncated, "the number of metadata records is 60000"},
	{"absurd array count",
		newHeader(3, 0, 1).record("a", kindArray, kindUint8, uint64(math.MaxUint64)).pad(64).Bytes(),
		errs.BadHeader, "the number of elements of a is 18446744073709551615"},
	{"array beyond the file",
		newHeader(3, 0, 1).record("a", kindArray, kindFloat64, uint64(1000)).pad(64).Bytes(),
		errs.Truncated, "the value of a"},
	{"string array beyond the file",
		newHeader(3, 0, 1).record("a", kindArray, kindString, uint64(1000)).pad(64).Bytes(),
		errs.Truncated, "the strings of a"},

	{"absurd key length",
		newHeader(3, 0, 1).text(1<<63, "a").pad(64).Bytes(), errs.BadHeader, "the length of the key of metadata record 0"},
	{"key beyond the file",
		newHeader(3, 0, 1).text(9000, "a").pad(64).Bytes(), errs.Truncated, "the key of metadata record 0"},
	{"absurd text length",
		newHeader(3, 0, 1).record("a", kindString, uint64(1<<40)).pad(64).Bytes(),
		errs.BadHeader, "the length of the value of a is 1099511627776"},
	{"absurd length in a string array",
		newHeader(3, 0, 1).record("a", kindArray, kindString, uint64(1), uint64(math.MaxUint64)).pad(64).Bytes(),
		errs.BadHeader, "the length of a string of a"},
	{"string of an array beyond the file",
		newHeader(3, 0, 1).record("a", kindArray, kindString, uint64(1), uint64(500)).pad(64).Bytes(),
		errs.Truncated, "a string of a"},

	{"empty key",
		newHeader(3, 0, 1).record("", kindUint8, uint8(1)).pad(64).Bytes(),
		errs.BadHeader, "the key of metadata record 0 is empty"},
	{"duplicate key",
		newHeader(3, 0, 2).record("a", kindUint8, uint8(1)).record("a", kindUint8, uint8(1)).pad(64).Bytes(),
		errs.BadHeader, `two metadata records called "a"`},
	{"unknown value type",
		newHeader(3, 0, 1).record("a", uint32(13)).pad(64).Bytes(),
		errs.BadHeader, `the value of "a" is of unknown type 13`},
	{"unknown element type",
		newHeader(3, 0, 1).record("a", kindArray, uint32(99), uint64(1)).pad(64).Bytes(),
		errs.BadHeader, `the value of "a" is of unknown type 99`},
	{"array of arrays",
		newHeader(3, 0, 1).record("a", kindArray, kindArray, uint64(1)).pad(64).Bytes(), errs.BadHeader, "array of arrays"},
	{"bool of 2", newHeader(3, 0, 1).record("a", kindBool, uint8(2)).pad(64).Bytes(), errs.BadHeader, "a bool of 2"},
	{"bool of 3 in an array",
		newHeader(3, 0, 1).record("a", kindArray, kindBool, uint64(2), uint8(1), uint8(3)).pad(64).Bytes(),
		errs.BadHeader, "a bool of 3"},

	{"alignment of 0",
		newHeader(3, 0, 1).record("general.alignment", kindUint32, uint32(0)).pad(64).Bytes(),
		errs.BadHeader, "general.alignment is 0"},
	{"alignment of 24",
		newHeader(3, 0, 1).record("general.alignment", kindUint32, uint32(24)).pad(64).Bytes(),
		errs.BadHeader, "general.alignment is 24"},
	{"alignment of 4",
		newHeader(3, 0, 1).record("general.alignment", kindUint32, uint32(4)).pad(64).Bytes(),
		errs.BadHeader, "general.alignment is 4"},
	{"alignment as u64",
		newHeader(3, 0, 1).record("general.alignment", kindUint64, uint64(32)).pad(64).Bytes(),
		errs.BadHeader, "general.alignment is 32, not a u32"},
	{"alignment as text",
		newHeader(3, 0, 1).record("general.alignment", kindString).text(2, "32").pad(64).Bytes(),
		errs.BadHeader, `general.alignment is "32"`},

	{"five dimensions",
		newHeader(3, 1, 0).tensor("t", quant.F32, 0, 1, 1, 1, 1, 1).pad(64).Bytes(),
		errs.BadHeader, `tensor "t" has 5 dimensions`},
	{"dimension of 0",
		newHeader(3, 1, 0).tensor("t", quant.F32, 0, 4, 0).pad(64).Bytes(),
		errs.BadHeader, `tensor "t" has a dimension of 0`},
	{"dimension beyond int64",
		newHeader(3, 1, 0).tensor("t", quant.F32, 0, 1<<63).pad(64).Bytes(),
		errs.BadHeader, "has a dimension of 9223372036854775808"},
	{"size beyond int64",
		newHeader(3, 1, 0).tensor("t", quant.F32, 0, 1<<30, 1<<31).pad(64).Bytes(),
		errs.BadHeader, "is larger than any file"},
	{"size beyond uint64",
		newHeader(3, 1, 0).tensor("t", quant.F32, 0, 1<<40, 1<<40, 2).pad(64).Bytes(),
		errs.BadHeader, "is larger than any file"},
	{"rows of half a block",
		newHeader(3, 1, 0).tensor("t", quant.Q4_K, 0, 128, 2).pad(64).Bytes(),
		errs.BadHeader, "not a multiple of the 256 in a block of Q4_K"},
	{"empty tensor name",
		newHeader(3, 1, 0).tensor("", quant.F32, 0, 1).pad(64).Bytes(), errs.BadHeader, "the name of tensor 0 is empty"},
	{"duplicate tensor",
		newHeader(3, 2, 0).tensor("t", quant.F32, 0, 1).tensor("t", quant.F32, 32, 1).pad(64).Bytes(),
		errs.BadHeader, `two tensors called "t"`},
	{"offset off the alignment",
		newHeader(3, 1, 0).tensor("t", quant.F32, 8, 1).pad(64).Bytes(),
		errs.BadHeader, "not a multiple of the alignment 32"},
	{"offset beyond int64",
		newHeader(3, 1, 0).tensor("t", quant.F32, 1<<63, 1).pad(64).Bytes(),
		errs.BadHeader, "has offset 9223372036854775808"},
	{"offset beyond the file",
		newHeader(3, 1, 0).tensor("t", quant.F32, 1<<62, 1).pad(64).Bytes(), errs.Truncated, `tensor "t" needs 4 bytes`},
	{"offset and alignment that nearly overflow",
		newHeader(3, 1, 1).record("general.alignment", kindUint32, uint32(1<<31)).
			tensor("t", quant.F32, 1<<63-1<<31, 1).pad(64).Bytes(),
		errs.Truncated, `tensor "t" needs 4 bytes`},
	{"unknown type beyond the file",
		newHeader(3, 1, 0).tensor("t", 77, 1<<20, 1).pad(64).Bytes(), errs.Truncated, `tensor "t"`},
}
