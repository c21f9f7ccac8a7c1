//go:build !js

package gpu

import (
	"runtime/debug"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

var garbage []byte

// The binding's MapAsync dies when the collector runs before its callback.
func TestReadBacksSurviveTheCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan bool)
	defer close(stop)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					garbage = make([]byte, 64<<10)
				}
			}
		}()
	}
	b := open(t)
	defer b.Close()
	step := alloc(t, b, quant.U32, ops.StepWords)
	must(t, b.Write(step, 0, wordBytes(0, 1)))
	for i := range 300 {
		b.Advance(step)
		if got := readWords(t, b, step)[0]; got != uint32(i+1) {
			t.Fatalf("read-back %d: position %d", i, got)
		}
	}
}
