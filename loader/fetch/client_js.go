package fetch

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
)

// clientName is the global under which web/src/worker/storage-client.ts installs itself before Go starts.
const clientName = "outriderStorage"

// Client returns the JavaScript object that speaks to the storage worker.
func Client() (js.Value, error) {
	client := js.Global().Get(clientName)
	if client.IsUndefined() {
		return client, errs.New(errs.Internal, "the storage worker is not connected; reload the page")
	}
	return client, nil
}

// Call calls an asynchronous method of the client, as jsbridge.Call does. Errors: with the code of the storage worker;
// aborted when ctx ended.
func Call(ctx context.Context, method string, args ...any) (js.Value, error) {
	client, err := Client()
	if err != nil {
		return js.Undefined(), err
	}
	return jsbridge.Call(ctx, client, method, args...)
}

// HeldBytes returns how many weight bytes JavaScript holds on their way between network, store and GPU: now, and the
// largest number so far.
func HeldBytes() (held, peak int64) {
	client, err := Client()
	if err != nil {
		return 0, 0
	}
	return int64(client.Get("bytes").Float()), int64(client.Get("peakBytes").Float())
}
