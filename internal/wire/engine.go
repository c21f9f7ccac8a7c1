package wire

// ErrorData is an error as it crosses.
type ErrorData struct {
	Code      string `js:"code"`
	Message   string `js:"message"` // what happened and what to do about it, for a person
	Retryable bool   `js:"retryable"`

	RetryAfter float64 `js:"retryAfter"` // milliseconds for which the server asked to be left alone; 0 if it did not
}

// ChatProgress is a Progress, a PictureProgress, a WaitProgress or a RecoverProgress: what a request reports while it
// is computed.
type ChatProgress interface{ chatProgress() }

// Progress is how far a load is.
type Progress struct {
	Phase          string  `js:"phase"` // device, header, memory, download, verify or load
	BytesDone      int64   `js:"bytesDone"`
	BytesTotal     int64   `js:"bytesTotal"`     // 0 while unknown
	BytesPerSecond float64 `js:"bytesPerSecond"` // over the last few seconds; 0 while unknown
	SecondsLeft    float64 `js:"secondsLeft"`    // 0 while unknown
	Waiting        string  `js:"waiting"`        // why nothing arrives at the moment; empty otherwise
	Until          float64 `js:"until"`          // when the next attempt starts, in milliseconds since 1970; 0: not known
}

// PictureProgress is how many tiles of a request's new pictures the vision encoder has encoded.
type PictureProgress struct {
	Phase string `js:"phase"` // picture
	Done  int    `js:"done"`
	Total int    `js:"total"`
}

// WaitProgress says that an answer waits for the network, because an expert is not stored yet, or continues.
type WaitProgress struct {
	Phase   string `js:"phase"` // network
	Waiting bool   `js:"waiting"`
	Message string `js:"message"` // why it waits
}

// RecoverProgress says that the device was lost, and how far the model is loaded on another one. The answer then
// continues.
type RecoverProgress struct {
	Phase      string `js:"phase"` // recover
	BytesDone  int64  `js:"bytesDone"`
	BytesTotal int64  `js:"bytesTotal"` // 0 while unknown
}

func (RecoverProgress) chatProgress() {}
func (Progress) chatProgress()        {}
func (PictureProgress) chatProgress() {}
func (WaitProgress) chatProgress()    {}

// Paging says how the experts of a model are kept.
type Paging struct {
	Slots    int    `js:"slots"`    // experts of each layer on the GPU; 0: all, unless the GPU's limits forbid it
	Policy   string `js:"policy"`   // which expert is evicted, as experts.NewPolicy names it; "": the default
	Prefetch bool   `js:"prefetch"` // read what is likely to be needed next
	OnDemand bool   `js:"onDemand"` // download an expert when it is needed and not before
	Memory   int64  `js:"memory"`   // GPU memory that the model may take, bytes; 0: as much as there is
}

// PreflightSettings say what a preflight report is about and what is measured for it.
type PreflightSettings struct {
	Paging      Paging `js:"paging"`
	MeasureFrom int64  `js:"measureFrom"` // bytes of download from which on GPU, store and network are measured
}

// PreflightReport says what this machine can do with a model. What is unknown is 0.
type PreflightReport struct {
	Sentence        string            `js:"sentence"`
	Verdict         string            `js:"verdict"`
	Reasons         []PreflightReason `js:"reasons"`
	Slots           []int             `js:"slots"`
	ExpertsOnGPU    int               `js:"expertsOnGPU"`
	Experts         int               `js:"experts"`
	AtLeast         bool              `js:"atLeast"`
	GPUBytes        int64             `js:"gpuBytes"`
	HitRate         float64           `js:"hitRate"`
	BytesPerToken   float64           `js:"bytesPerToken"`
	TokensPerSecond float64           `js:"tokensPerSecond"`
	PromptSeconds   float64           `js:"promptSeconds"`
	DownloadBytes   int64             `js:"downloadBytes"`
	StartBytes      int64             `js:"startBytes"`
	DownloadSeconds float64           `js:"downloadSeconds"`
	StorageBytes    int64             `js:"storageBytes"`
	Machine         MachineReport     `js:"machine"`
}

// PreflightReason is a limit that stands in the way.
type PreflightReason struct {
	Limit     string  `js:"limit"`
	Needed    float64 `js:"needed"` // bytes; for the limit speed, tokens per second
	Available float64 `js:"available"`
	Message   string  `js:"message"`
}

// MachineReport is what was measured of the machine. Bytes, bytes per second, seconds; 0 where it is unknown.
type MachineReport struct {
	GPU            string  `js:"gpu"`
	GPUBytes       int64   `js:"gpuBytes"`
	ComputeSeconds float64 `js:"computeSeconds"`
	StorageBytes   int64   `js:"storageBytes"`
	WritePerSecond float64 `js:"writePerSecond"`
	ReadPerSecond  float64 `js:"readPerSecond"`
	LinkPerSecond  float64 `js:"linkPerSecond"`
}

// CheckedPicture is a picture that the loaded model can encode.
type CheckedPicture struct {
	Tiles   int     `js:"tiles"`
	Seconds float64 `js:"seconds"` // decoding and cutting took, in the picture worker
}

// LoadedModel is a model that is open on the GPU.
type LoadedModel struct {
	ID            string   `js:"id"`
	Name          string   `js:"name"`
	Architecture  string   `js:"architecture"`
	ContextLength int      `js:"contextLength"`
	Bytes         int64    `js:"bytes"`
	Vision        bool     `js:"vision"`
	Warnings      []string `js:"warnings"`
}

// StoredModel is a model in the store, whole or in part.
type StoredModel struct {
	ID          string `js:"id"`
	Name        string `js:"name"`
	BytesStored int64  `js:"bytesStored"`
	BytesTotal  int64  `js:"bytesTotal"`
	Complete    bool   `js:"complete"`
}

// EngineStats are the engine's memory now and the measurements of its last answer.
type EngineStats struct {
	MemoryBytes       uint64       `js:"memoryBytes"`
	HeapBytes         uint64       `js:"heapBytes"`
	BytesInFlight     int64        `js:"bytesInFlight"`
	PeakBytesInFlight int64        `js:"peakBytesInFlight"`
	GPUBytes          int64        `js:"gpuBytes"`
	PromptTokens      int          `js:"promptTokens"`
	CompletionTokens  int          `js:"completionTokens"`
	PrefillSeconds    float64      `js:"prefillSeconds"`
	DecodeSeconds     float64      `js:"decodeSeconds"`
	TokensPerSecond   float64      `js:"tokensPerSecond"`
	Tokens            []int32      `js:"tokens"`
	Tiles             int          `js:"tiles"`
	EncodeSeconds     float64      `js:"encodeSeconds"`
	PictureSeconds    float64      `js:"pictureSeconds"`
	FetchedAgain      int          `js:"fetchedAgain"`
	Paging            *PagingStats `js:"paging"` // nil unless the model is paged
}

// PagingStats are what paging did during the last answer: until its first token, and from then on.
type PagingStats struct {
	SlotBytes    int64        `js:"slotBytes"`
	ExpertsOnGPU int          `js:"expertsOnGPU"`
	Experts      int          `js:"experts"`
	BytesMissing int64        `js:"bytesMissing"`
	BytesTotal   int64        `js:"bytesTotal"`
	Waiting      string       `js:"waiting"` // why the download in the background waits; empty if it does not
	Prefill      PagingCounts `js:"prefill"`
	Decode       PagingCounts `js:"decode"`
}

// PagingCounts count the uses of experts.
type PagingCounts struct {
	Tokens    int64   `js:"tokens"`
	Hits      int64   `js:"hits"`
	Misses    int64   `js:"misses"`
	Reads     int64   `js:"reads"`
	BytesRead int64   `js:"bytesRead"`
	HitRate   float64 `js:"hitRate"`
}
