package main

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/preflight"
)

// memoryLimitsName is the global under which web/src/worker/memory-limits.ts installs itself before Go starts.
const memoryLimitsName = "outriderMemoryLimits"

// firstBytes of GPU memory is what a device is asked for that has never been tried: little enough for the graphics memory
// of an ordinary machine and for one that shares it with the processor.
const firstBytes = 8 << 30

// mostTries is how often a load begins anew after it took too much memory.
const mostTries = 4

// memoryLimits is what is known of the devices' memory, one device at a time.
type memoryLimits map[string]preflight.MemoryLimit

// Recall is of the device that find was called for.
func (r memoryLimits) Recall(device string) preflight.MemoryLimit { return r[device] }

// Remember does not wait until it is written down: what is forgotten is found again.
func (r memoryLimits) Remember(device string, limit preflight.MemoryLimit) {
	r[device] = limit
	go jsbridge.Call(context.Background(), js.Global().Get(memoryLimitsName), "remember", device, limit.Fits, limit.Refused)
}

// find prepares the search for memory on the backend's device; setting is the user's, in bytes, or 0.
func (a *api) find(ctx context.Context, setting int64) {
	device, known := a.backend.AdapterName(), memoryLimits{}
	if v, err := jsbridge.Call(ctx, js.Global().Get(memoryLimitsName), "recall", device); err == nil {
		known[device] = preflight.MemoryLimit{Fits: int64(v.Get("fits").Float()), Refused: int64(v.Get("refused").Float())}
	}
	a.search = &preflight.Search{MemoryLimits: known, Device: device, Setting: setting, FirstBytes: firstBytes}
}

// lower tells the search when an error says that a model took more of the device than there is, and reports whether it
// does: then the same load takes less the next time.
func (a *api) lower(err error) bool {
	code := errs.Of(err).Code
	if a.taken == 0 || code != errs.DeviceLost && code != errs.OutOfMemory {
		return false
	}
	a.search.RecordFailure(a.taken)
	return true
}
