package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
)

func TestBytesCountsTheBuffersThatExist(t *testing.T) {
	b := open(t)
	defer b.Close()
	before := b.Bytes()
	w := alloc(t, b, quant.F32, 256, 3)
	if got := b.Bytes() - before; got != 3072 {
		t.Errorf("a tensor of 3072 bytes added %d", got)
	}
	if b.Free(w); b.Bytes() != before {
		t.Errorf("%d bytes after Free, %d before Alloc", b.Bytes(), before)
	}
}
