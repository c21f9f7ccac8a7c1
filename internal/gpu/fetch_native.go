//go:build !js

package gpu

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/ops"
)

// fetched is a read-back whose copy is queued.
type fetched struct {
	d       *device
	staging *wgpu.Buffer
	skip, n int // of the bytes copied, those asked for
}

func (d *device) fetch(parts []stretch, skip, n int) ops.Pending {
	total := 0
	for _, p := range parts {
		total += p.n
	}
	staging, err := d.staging.take(d, uint64(total))
	if err != nil {
		return failed{broken("a read-back buffer", err)}
	}
	if err := d.submit(func(e *wgpu.CommandEncoder) error { return d.copyAll(e, staging, parts) }); err != nil {
		return failed{err}
	}
	return &fetched{d: d, staging: staging, skip: skip, n: n}
}

// copyAll puts parts one after another.
func (d *device) copyAll(encoder *wgpu.CommandEncoder, into *wgpu.Buffer, parts []stretch) error {
	at := 0
	for _, p := range parts {
		if err := encoder.CopyBufferToBuffer(d.buffers.items[p.id], uint64(p.first), into, uint64(at), uint64(p.n)); err != nil {
			return err
		}
		at += p.n
	}
	return nil
}

// Wait maps the copy once the queue is done with it.
func (f *fetched) Wait(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if status := f.mapNow(); status != wgpu.BufferMapAsyncStatusSuccess {
		return nil, fmt.Errorf("%w (map status %v)", ops.ErrDeviceLost, status)
	}
	out := make([]byte, f.n)
	if f.n > 0 {
		copy(out, f.staging.GetMappedRange(0, uint(f.staging.GetSize()))[f.skip:])
	}
	if err := f.staging.Unmap(); err != nil {
		return nil, broken("to end a read-back", err)
	}
	f.d.staging.give(f.staging)
	return out, nil
}

// mapping is held by the one read-back that has collection switched off.
var mapping sync.Mutex

// mapNow maps the staging buffer. The binding hands wgpu a Go pointer that nothing keeps alive, so no collection may
// happen between MapAsync and the callback. Switching the collector off does not stop one that has just decided to
// start; a collection of our own waits for it. So nobody else may call runtime.GC meanwhile.
func (f *fetched) mapNow() wgpu.BufferMapAsyncStatus {
	mapping.Lock()
	defer mapping.Unlock()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	status := wgpu.BufferMapAsyncStatusUnknown
	done := func(s wgpu.BufferMapAsyncStatus) { status = s }
	if err := f.staging.MapAsync(wgpu.MapModeRead, 0, f.staging.GetSize(), done); err != nil {
		return wgpu.BufferMapAsyncStatusValidationError
	}
	f.d.Poll(true, nil)
	return status
}

// stagingBuffers are the buffers read-backs pass through. A read-back takes one that is free and large enough, so a
// steady stream of them settles on a few.
type stagingBuffers struct {
	mu   sync.Mutex
	free []*wgpu.Buffer
}

func (s *stagingBuffers) take(d *device, bytes uint64) (*wgpu.Buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, buf := range s.free {
		if buf.GetSize() >= bytes {
			s.free = append(s.free[:i], s.free[i+1:]...)
			return buf, nil
		}
	}
	return d.CreateBuffer(&wgpu.BufferDescriptor{
		Label: "read-back", Size: max(bytes, 256), Usage: wgpu.BufferUsageMapRead | wgpu.BufferUsageCopyDst,
	})
}

func (s *stagingBuffers) give(buf *wgpu.Buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, buf)
}

func (s *stagingBuffers) release() {
	for _, buf := range s.free {
		buf.Release()
	}
	s.free = nil
}
