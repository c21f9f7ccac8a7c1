// Command wasm is Outrider for the browser: it publishes a session, with the browser's GPU, store and pictures, to the
// worker that started it. It converts values between Go and JavaScript and decides nothing; web/src/types/engine.d.ts
// describes what it publishes.
package main

import (
	"runtime/debug"
	"syscall/js"
)

const (
	// gcPercent trades time for memory: the heap is small, since weights never enter it, but WebAssembly memory never
	// shrinks, so that memory which garbage has taken once stays taken.
	gcPercent = 50
	// memoryLimit is a soft limit that makes the collector work harder before the promised 256 MB are reached.
	memoryLimit = 200 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	js.Global().Set("newOutriderEngine", js.FuncOf(func(js.Value, []js.Value) any { return publish() }))
	select {} // the worker calls; the program ends with it
}
