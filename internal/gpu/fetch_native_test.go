//go:build !js

package gpu

import (
	"runtime/debug"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

var garbage [2]*uint64

// The binding's MapAsync leaves an 8-byte object unreferenced until its callback. A collection in between, then other
// objects of that size in its place, ends the process; the queue is kept busy to hold the window open.
func TestReadBacksSurviveTheCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan bool)
	defer close(stop)
	for i := range garbage {
		go litter(&garbage[i], stop)
	}
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	must(t, b.Write(step, 0, wordBytes(0, 1)))
	p := record(t, b, func() {
		for range 50 {
			b.Advance(step)
		}
	})
	defer p.Release()
	for i := range 60 {
		must(t, p.Run())
		if got := readWords(t, b, step)[0]; got != uint32(50*(i+1)) {
			t.Fatalf("read-back %d: position %d", i, got)
		}
	}
}

func litter(at **uint64, stop chan bool) {
	for {
		select {
		case <-stop:
			return
		default:
			for range 1000 {
				*at = new(uint64)
				**at = 0x5eed
			}
		}
	}
}
