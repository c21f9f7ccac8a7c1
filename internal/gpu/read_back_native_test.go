//go:build !js

package gpu

import (
	"runtime/debug"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// recent holds the object that each goroutine of allocateForever allocated last.
var recent [2]*uint64

// The binding's MapAsync leaves an 8-byte object unreferenced until its callback. If the garbage collector frees it in
// between and another object of that size takes its place, the process ends. Long programs make that interval longer.
func TestReadBacksSurviveTheGarbageCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan bool)
	defer close(stop)
	for i := range recent {
		go allocateForever(&recent[i], stop)
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

// allocateForever allocates 8-byte objects until stop is closed.
func allocateForever(at **uint64, stop chan bool) {
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
