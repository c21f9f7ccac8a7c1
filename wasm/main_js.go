// Command wasm is Outrider for the browser: it joins engine, loader and GPU and publishes them to the worker that
// started it. It holds no logic of theirs; web/src/types/engine.d.ts describes what it publishes.
package main

import (
	"runtime/debug"
	"syscall/js"
)

const (
	// gcPercent trades time for memory: the heap is small (weights never enter it), but WebAssembly memory never
	// shrinks, so what garbage once took stays taken.
	gcPercent = 50
	// memoryLimit is a soft bound that makes the collector work harder before the promised 256 MB are reached.
	memoryLimit = 200 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	js.Global().Set("newOutriderEngine", js.FuncOf(func(js.Value, []js.Value) any { return newAPI().publish() }))
	select {} // the worker calls; the program ends with it
}
