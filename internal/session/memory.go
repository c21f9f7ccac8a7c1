package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/preflight"
)

// firstBytes is how much GPU memory a model may take of a device that has never been tried: little enough for the
// graphics memory of an ordinary machine and for a machine whose GPU shares memory with the processor.
const firstBytes = 8 << 30

// memorySearch prepares the search for memory on a device; setting is the user's limit in bytes, or 0.
func (env *Environment) memorySearch(ctx context.Context, device string, setting int64) *preflight.Search {
	limits := &deviceLimits{memory: env.Memory}
	limits.known, _ = env.Memory.Recall(ctx, device) // what cannot be recalled is found again
	return &preflight.Search{MemoryLimits: limits, Device: device, Setting: max(0, setting), FirstBytes: firstBytes}
}

// deviceLimits is what is known of one device; it implements preflight.MemoryLimits.
type deviceLimits struct {
	known  preflight.MemoryLimit
	memory DeviceMemory
}

func (l *deviceLimits) Recall(string) preflight.MemoryLimit { return l.known }

func (l *deviceLimits) Remember(device string, limit preflight.MemoryLimit) {
	l.known = limit
	l.memory.Remember(device, limit)
}

// lowerMemoryLimit lowers the limit of the device, because the model took more of its memory than there is: the next
// load takes less. It does nothing for a model whose memory was not searched for.
func (m *openModel) lowerMemoryLimit() {
	if m.taken != 0 {
		m.search.RecordFailure(m.taken)
	}
}
