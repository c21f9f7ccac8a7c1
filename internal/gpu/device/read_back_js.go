package device

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
)

// readBack is a read-back whose copy is queued.
type readBack struct {
	bytes   *jsbridge.Promise
	skip, n int // of the bytes copied, those asked for
}

// ReadBack queues copies of byte ranges. It is one crossing.
func (d *Device) ReadBack(ranges []Range, skip, n int) ops.Pending {
	args := make([]any, 0, 3*len(ranges))
	for _, r := range ranges {
		args = append(args, r.Buffer.ID, r.First, r.N)
	}
	return &readBack{jsbridge.Await(d.host.Call("readBack", args...)), skip, n}
}

// Wait copies the bytes into Go's memory once the host has them.
func (r *readBack) Wait(ctx context.Context) ([]byte, error) {
	v, err := r.bytes.Wait(ctx)
	if err != nil {
		return nil, hostError(err, "a read-back")
	}
	out := make([]byte, r.n)
	js.CopyBytesToGo(out, v.Call("subarray", r.skip))
	return out, nil
}
