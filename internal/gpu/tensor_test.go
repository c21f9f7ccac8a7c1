package gpu

import (
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
)

func TestBytesAreThoseOfTheBuffersThatAreThere(t *testing.T) {
	b := open(t)
	defer b.Close()
	before := b.Bytes()
	w := alloc(t, b, quant.F32, 256, 3)
	if got := b.Bytes() - before; got != 3072 {
		t.Errorf("%d bytes more with a tensor of 3072", got)
	}
	if b.Free(w); b.Bytes() != before {
		t.Errorf("%d bytes when it is gone, %d before it came", b.Bytes(), before)
	}
}
