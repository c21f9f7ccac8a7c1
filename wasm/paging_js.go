package main

import (
	"syscall/js"

	"github.com/outrider-web/outrider/internal/engine"
)

// paging reads Paging of web/src/protocol.ts, or null; setting is the GPU memory that the user gives, 0 for any.
func (a *api) paging(value js.Value) (o engine.Options, setting int64) {
	o.OnWaiting = func(why error) { a.waiting(why) }
	if !value.Truthy() {
		return o, 0
	}
	if memory := value.Get("memory"); memory.Type() == js.TypeNumber {
		setting = max(0, int64(memory.Float()))
	}
	if slots := value.Get("slots"); slots.Type() == js.TypeNumber {
		o.Slots = max(0, slots.Int())
	}
	if policy := value.Get("policy"); policy.Type() == js.TypeString {
		o.Policy = policy.String()
	}
	o.Prefetch = value.Get("prefetch").Truthy()
	o.OnDemand = value.Get("onDemand").Truthy()
	return o, setting
}

// waitReporter makes WaitProgress of web/src/protocol.ts for a callback.
func waitReporter(onProgress js.Value) func(why error) {
	return func(why error) {
		progress := map[string]any{"phase": "network", "waiting": why != nil, "message": ""}
		if why != nil {
			progress["message"] = why.Error()
		}
		onProgress.Invoke(progress)
	}
}

// pagingStats is PagingStats of web/src/protocol.ts, or nil when nothing is paged.
func (a *api) pagingStats() any {
	if a.engine == nil || a.engine.SlotBytes() == 0 {
		return nil
	}
	onGPU, all := a.engine.NumExperts()
	return map[string]any{
		"slotBytes":    a.engine.SlotBytes(),
		"expertsOnGPU": onGPU,
		"experts":      all,
		"bytesMissing": a.files.MissingBytes(nil),
		"bytesTotal":   a.files.Bytes(),
		"prefill":      pagingCounts(a.last.PrefillPaging),
		"decode":       pagingCounts(a.last.DecodePaging),
	}
}

// pagingCounts is PagingCounts of web/src/protocol.ts.
func pagingCounts(c engine.PagingCounts) map[string]any {
	return map[string]any{
		"tokens":    c.Tokens,
		"hits":      c.Hits,
		"misses":    c.Misses,
		"reads":     c.Reads,
		"bytesRead": c.Bytes,
		"hitRate":   c.HitRate(),
	}
}
