package wire

// FileInfo describes a file as its source knows it.
type FileInfo struct {
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
	SHA256    string `js:"sha256"` // of the whole file, in hex; empty when it is not known
}

// OpenSource is a file that the storage worker has open under a number.
type OpenSource struct {
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
	SHA256    string `js:"sha256"`
	Source    int    `js:"source"`
}

// StoredFile is a file in the store of the storage worker.
type StoredFile struct {
	ID        string `js:"id"`
	Kind      string `js:"kind"`
	Name      string `js:"name"`
	Size      int64  `js:"size"`
	Validator string `js:"validator"`
	SHA256    string `js:"sha256"`
	Chunks    []int  `js:"chunks"` // which chunks are stored, ascending

	PartialBytes int64    `js:"partialBytes"` // in chunks that are not complete
	Hashes       []string `js:"hashes"`       // the published hash of each chunk; empty when they are not known
	Verified     bool     `js:"verified"`     // all bytes have the published hash
	Used         float64  `js:"used"`         // when the file was last opened, in milliseconds since 1970; 0: not known
	Vision       string   `js:"vision"`       // id of the vision file of the model that begins with this file; or empty
}

// ChunkOptions says how a chunk is stored.
type ChunkOptions struct {
	Expected   string   `js:"expected"`
	Background bool     `js:"background"`
	Demand     bool     `js:"demand"`
	Replace    bool     `js:"replace"`
	Finite     []Floats `js:"finite"`
}

// Floats are floating-point numbers at equal distances in a chunk.
type Floats struct {
	Start int `js:"start"`
	Step  int `js:"step"`
	Count int `js:"count"`
	Mask  int `js:"mask"`
}

// ChunkProgress is how far the storing of a chunk is.
type ChunkProgress struct {
	Received int64   `js:"received"` // bytes of the chunk
	Waiting  bool    `js:"waiting"`  // for the network
	Cause    string  `js:"cause"`    // why it waits
	Until    float64 `js:"until"`    // when the next attempt starts, in milliseconds since 1970; 0: not known
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
