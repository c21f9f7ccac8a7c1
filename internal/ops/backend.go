package ops

import (
	"context"

	"github.com/outrider-web/outrider/internal/quant"
)

// Backend owns tensors and runs ops on them. Only one goroutine may call its methods.
type Backend interface {
	Ops

	// Limits returns the maximum sizes on this device.
	Limits() Limits

	// Alloc makes a tensor of zeros. Errors: LimitError, ErrOutOfMemory.
	Alloc(name string, t quant.Type, shape ...int) (*Tensor, error)

	// Free frees tensors. Views share their tensor's memory and are not freed.
	Free(ts ...*Tensor)

	// Write copies a small amount of data into t, beginning at a byte offset: steps, ids, tables, norms. t has a type
	// without blocks.
	Write(t *Tensor, offset int, data []byte) error

	// Upload copies the bytes of a weight from its file, beginning at a byte offset within the tensor. The pieces of
	// one tensor come in order, each but the last a multiple of UploadUnit(t) bytes. The backend may change their
	// layout.
	Upload(t *Tensor, offset int64, b Blob) error

	// Record runs f, which calls ops, and returns them as a program.
	Record(label string, f func()) (Program, error)

	// RecordGuarded is Record for a program that stops by itself when a token uses an expert that is in no slot. The
	// program runs while guard, U32 [1], holds 0. A Router that chooses a Missing expert writes its own number there,
	// counted from 1 through the program; from then on no other op of the program, and none of a guarded program after
	// it, does anything. The results of the ops before the Router stay, so that RunFrom can continue once guard is 0
	// again.
	RecordGuarded(label string, guard *Tensor, f func()) (Program, error)

	// ReadBack starts to copy n bytes of t from the device, beginning at a byte offset, as all programs run so far
	// leave them.
	ReadBack(t *Tensor, offset, n int) Pending

	// ReadBackSlices is one ReadBack of several slices; Wait returns them one after another.
	ReadBackSlices(slices ...Slice) Pending

	// Close frees all resources.
	Close()
}

// Program is a recorded list of ops that can run any number of times.
type Program interface {
	// Run queues the program; it does not wait. Errors: ErrDeviceLost.
	Run() error
	// RunFrom is Run without the ops before a router of the program, whose number is counted from 1.
	RunFrom(router int) error
	// Release frees the program's resources.
	Release()
}

// Slice is N bytes of a tensor, beginning at byte Offset; both are multiples of 4.
type Slice struct {
	Tensor    *Tensor
	Offset, N int
}

// Pending is a read-back that has been started.
type Pending interface {
	// Wait returns the bytes once they are there. Errors: ErrDeviceLost, ctx.Err().
	Wait(ctx context.Context) ([]byte, error)
}

// Blob is a piece of a file to be uploaded to a device. In the browser it is a handle to an ArrayBuffer that Go
// never copies; natively it is a byte slice. Each backend knows the kinds it accepts.
type Blob interface {
	// Len returns the number of bytes.
	Len() int64
	// Release frees the bytes, or the handle to them.
	Release()
}

// Limits are maximum sizes of a device, in bytes.
type Limits struct {
	MaxBuffer  int64 // of a single buffer
	MaxBinding int64 // of the part of a buffer that one kernel can access, and so of a tensor
}

// Read copies n bytes of t from the device, beginning at a byte offset, and waits for them.
func Read(ctx context.Context, b Backend, t *Tensor, offset, n int) ([]byte, error) {
	return b.ReadBack(t, offset, n).Wait(ctx)
}

// UploadUnit returns the granularity of Upload in bytes: two blocks, which are whole 32-bit words for every type.
func UploadUnit(t *Tensor) int { return 2 * t.Type.BlockBytes() }
