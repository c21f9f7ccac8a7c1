package ops

// Bytes is a Blob that is a byte slice in Go memory: what native stores and tests hand to Upload.
type Bytes []byte

// Len is the number of bytes.
func (b Bytes) Len() int64 { return int64(len(b)) }

// Release does nothing; the garbage collector frees the slice.
func (b Bytes) Release() {}

// Bytes is the slice itself. Native backends accept any Blob that has this method.
func (b Bytes) Bytes() []byte { return b }
