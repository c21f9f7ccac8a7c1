package gguf

import (
	"bytes"
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
)

func TestDeclareAndAddPlaceTensorsAtTheSameOffsets(t *testing.T) {
	data := make([]byte, 3*18)
	var added, declared Writer
	for _, name := range []string{"a", "b"} {
		added.Add(name, quant.Q4_0, []int{32, 3}, data)
		declared.Declare(name, quant.Q4_0, []int{32, 3})
	}
	file := added.Bytes()
	if head := declared.Header(); !bytes.Equal(head, file[:len(head)]) || len(file) != len(head)+2*64 {
		t.Errorf("a header of %d bytes does not match a file of %d", len(head), len(file))
	}
	defer func() {
		if recover() == nil {
			t.Error("Bytes did not panic without the bytes of the tensors")
		}
	}()
	declared.Bytes()
}
