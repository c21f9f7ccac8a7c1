package wire

// FileInfo describes a file as its source knows it.
type FileInfo struct {
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
}

// OpenSource is a file that the storage worker has open under a number.
type OpenSource struct {
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
	Source    int    `js:"source"`
}

// StoredFile is a file in the store of the storage worker.
type StoredFile struct {
	ID        string `js:"id"`
	Kind      string `js:"kind"`
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
	Chunks    []int  `js:"chunks"` // which chunks are stored, ascending
}

// StoreSpeed is how fast the store is: bytes per second.
type StoreSpeed struct {
	Kind  string  `js:"kind"`
	Write float64 `js:"write"`
	Read  float64 `js:"read"`
	Free  int64   `js:"free"` // bytes that may still be stored; 0 when the browser does not say
}

// MemoryLimit is how much GPU memory a device has turned out to have: the bytes of the largest model that fitted and of
// the smallest that was refused; 0: never.
type MemoryLimit struct {
	Fits    int64 `js:"fits"`
	Refused int64 `js:"refused"`
}
