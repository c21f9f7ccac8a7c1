package main

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/loader/fetch"
)

// roomsName is the global under which web/src/worker/rooms.ts installs itself before Go starts.
const roomsName = "outriderRooms"

// firstBytes of GPU memory is what a device is asked for that has never been tried: little enough for the graphics memory
// of an ordinary machine and for one that shares it with the processor.
const firstBytes = 8 << 30

// mostTries is how often a load begins anew after it took too much memory.
const mostTries = 4

// rooms is what is known of the devices' memory, one device at a time.
type rooms map[string]preflight.MemoryLimit

// Recall is of the device that find was called for.
func (r rooms) Recall(device string) preflight.MemoryLimit { return r[device] }

// Remember does not wait until it is written down: what is forgotten is found again.
func (r rooms) Remember(device string, room preflight.MemoryLimit) {
	r[device] = room
	go fetch.Ask(context.Background(), js.Global().Get(roomsName), "remember", device, room.Fits, room.Refused)
}

// find prepares the search for memory on the backend's device; setting is the user's, in bytes, or 0.
func (a *api) find(ctx context.Context, setting int64) {
	device, known := a.backend.AdapterName(), rooms{}
	if v, err := fetch.Ask(ctx, js.Global().Get(roomsName), "recall", device); err == nil {
		known[device] = preflight.MemoryLimit{Fits: int64(v.Get("fits").Float()), Refused: int64(v.Get("refused").Float())}
	}
	a.search = &preflight.Search{MemoryLimits: known, Device: device, Setting: setting, First: firstBytes}
}

// lower tells the search when an error says that a model took more of the device than there is, and reports whether it
// does: then the same load takes less the next time.
func (a *api) lower(err error) bool {
	code := errs.Of(err).Code
	if a.taken == 0 || code != errs.DeviceLost && code != errs.OutOfMemory {
		return false
	}
	a.search.Lost(a.taken)
	return true
}
