package device

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
)

// promise is a JavaScript promise as goroutines see it.
type promise struct {
	done  chan struct{}
	value js.Value
	err   error
}

// await listens to a promise; it does not block.
func await(v js.Value) *promise {
	p := &promise{done: make(chan struct{})}
	var resolved, rejected js.Func
	settle := func(store func(js.Value)) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			store(args[0])
			resolved.Release()
			rejected.Release()
			close(p.done)
			return nil
		})
	}
	resolved = settle(func(v js.Value) { p.value = v })
	rejected = settle(func(v js.Value) { p.err = js.Error{Value: v} })
	v.Call("then", resolved, rejected)
	return p
}

// wait blocks until the promise settles. A rejection is a js.Error.
func (p *promise) wait(ctx context.Context) (js.Value, error) {
	select {
	case <-p.done:
		return p.value, p.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

// hostError gives the host's trouble its name; label says what the device was asked for.
func hostError(err error, label string) error {
	var e js.Error
	if !errors.As(err, &e) {
		return err
	}
	cause := errors.New(e.Value.Get("message").String())
	named := map[string]*errs.Error{
		string(errs.NoWebGPU): ops.ErrNoWebGPU, string(errs.NoAdapter): ops.ErrNoAdapter,
		string(errs.DeviceLost): ops.ErrDeviceLost, string(errs.OutOfMemory): ops.ErrOutOfMemory,
	}
	code := e.Value.Get("code")
	if n := named[code.String()]; n != nil {
		return &errs.Error{Code: n.Code, Message: n.Message, Retryable: n.Retryable, Cause: cause}
	}
	return Refused(label, cause)
}
