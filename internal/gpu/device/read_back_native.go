//go:build !js

package device

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/ops"
)

// readBack is a read-back whose copy is queued.
type readBack struct {
	d       *Device
	staging *wgpu.Buffer
	skip, n int // of the bytes copied, those asked for
}

// ReadBack queues copies of byte ranges into a staging buffer.
func (d *Device) ReadBack(ranges []Range, skip, n int) ops.Pending {
	total := 0
	for _, r := range ranges {
		total += r.N
	}
	staging, err := d.staging.acquire(d, uint64(total))
	if err != nil {
		return FailedReadBack(Refused("a read-back buffer", err))
	}
	if err := d.submit(func(e *wgpu.CommandEncoder) error { return d.copyRanges(e, staging, ranges) }); err != nil {
		return FailedReadBack(err)
	}
	return &readBack{d: d, staging: staging, skip: skip, n: n}
}

// copyRanges copies ranges into a buffer, one after another.
func (d *Device) copyRanges(encoder *wgpu.CommandEncoder, dst *wgpu.Buffer, ranges []Range) error {
	offset := 0
	for _, r := range ranges {
		src := d.buffers.items[r.Buffer.ID]
		if err := encoder.CopyBufferToBuffer(src, uint64(r.First), dst, uint64(offset), uint64(r.N)); err != nil {
			return err
		}
		offset += r.N
	}
	return nil
}

// Wait maps the staging buffer once the queue has executed the copy, and returns the bytes.
func (r *readBack) Wait(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if status := r.mapStaging(); status != wgpu.BufferMapAsyncStatusSuccess {
		return nil, fmt.Errorf("%w (map status %v)", ops.ErrDeviceLost, status)
	}
	out := make([]byte, r.n)
	if r.n > 0 {
		copy(out, r.staging.GetMappedRange(0, uint(r.staging.GetSize()))[r.skip:])
	}
	if err := r.staging.Unmap(); err != nil {
		return nil, Refused("to end a read-back", err)
	}
	r.d.staging.release(r.staging)
	return out, nil
}

// collectorOff is held by the one read-back that has switched the garbage collector off.
var collectorOff sync.Mutex

// mapStaging maps the staging buffer. The binding hands wgpu a Go pointer that nothing keeps alive, so that no garbage
// collection may happen between MapAsync and its callback. Switching the collector off does not stop a collection that
// has just been decided on, but runtime.GC waits for such a one. No other code may call runtime.GC meanwhile.
func (r *readBack) mapStaging() wgpu.BufferMapAsyncStatus {
	collectorOff.Lock()
	defer collectorOff.Unlock()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	status := wgpu.BufferMapAsyncStatusUnknown
	done := func(s wgpu.BufferMapAsyncStatus) { status = s }
	if err := r.staging.MapAsync(wgpu.MapModeRead, 0, r.staging.GetSize(), done); err != nil {
		return wgpu.BufferMapAsyncStatusValidationError
	}
	r.d.dev.Poll(true, nil)
	return status
}

// stagingBuffers are the buffers that read-backs copy into. A read-back uses a free one that is large enough, so that
// regular read-backs settle on a few.
type stagingBuffers struct {
	mu   sync.Mutex
	free []*wgpu.Buffer
}

// acquire returns a buffer of at least so many bytes.
func (s *stagingBuffers) acquire(d *Device, bytes uint64) (*wgpu.Buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, buf := range s.free {
		if buf.GetSize() >= bytes {
			s.free = append(s.free[:i], s.free[i+1:]...)
			return buf, nil
		}
	}
	return d.dev.CreateBuffer(&wgpu.BufferDescriptor{
		Label: "read-back", Size: max(bytes, 256), Usage: wgpu.BufferUsageMapRead | wgpu.BufferUsageCopyDst,
	})
}

// release makes a buffer free again.
func (s *stagingBuffers) release(buf *wgpu.Buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, buf)
}

// close frees the memory of all of them.
func (s *stagingBuffers) close() {
	for _, buf := range s.free {
		buf.Release()
	}
	s.free = nil
}
