package ops

// Bytes is a Blob in Go memory: what native stores and tests pass to Upload.
type Bytes []byte

// Len returns the number of bytes.
func (b Bytes) Len() int64 { return int64(len(b)) }

// Release does nothing; the garbage collector frees the slice.
func (b Bytes) Release() {}

// Bytes returns the slice itself. Native backends accept any Blob that has this method.
func (b Bytes) Bytes() []byte { return b }
