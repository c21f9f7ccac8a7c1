package experts

import "context"

// Range is a run of bytes of an expert in the model's files: one of its matrices, or a part of one.
type Range struct {
	Matrix int   // index of the matrix in the order of the slot's tensors: gate, up, down
	At     int64 // offset in bytes within that matrix
	Part   int   // index of the file, in a model of several
	Offset int64 // offset in bytes within that file
	Bytes  int64
}

// Blob is a piece of a file in memory, on its way to the GPU.
type Blob interface {
	Len() int64
	Release()
}

// IO reads experts and writes them to the GPU.
type IO interface {
	// Read reads a range of a file from the store, or fetches and stores it first. It is called on several goroutines at
	// once, and may wait while the network is unreachable.
	Read(ctx context.Context, r Range) (Blob, error)

	// Store fetches and stores a range of a file unless it is stored. It is called like Read.
	Store(ctx context.Context, r Range) error

	// Upload queues the copy of a blob into a slot of a layer: into matrix r.Matrix, from byte r.At on. It is called on
	// the goroutine that uses the ExpertPager, which releases the blob afterwards.
	Upload(layer, slot int, r Range, b Blob) error

	// WriteTable queues the copy of the table to the GPU, after everything queued before and before everything queued
	// later. It is called on the goroutine that uses the ExpertPager.
	WriteTable(table []uint32) error
}
