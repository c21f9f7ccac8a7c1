// Package preflight estimates what a machine can do with a model before anything large is downloaded: how many experts
// fit on its GPU, how fast it is likely to be, how long the download takes and how much storage it needs.
// docs/paging.md has the formulas. The package also searches for the amount of GPU memory that a device can use, and
// remembers the result.
//
// It computes from measurements that its callers make. It does not measure, read files or use the GPU, and it does not
// guess: a value that has not been measured is 0, and the sentences leave it out.
package preflight

import "math"

// Machine is what is known of a machine. A value that is not known is 0.
type Machine struct {
	MaxBuffer, MaxBinding int64 // bytes; limits of WebGPU, always known
	MaxSlotBuffer         int64 // bytes of the largest buffer of slots, if that is less
	UsableBytes           int64 // GPU memory that a model can probably use: see Search.Expected
	MaxBytes              int64 // GPU memory that it cannot exceed: the user's setting, or less than was refused before

	FreeStorage    int64   // bytes
	WriteSpeed     float64 // to the store, bytes/s
	ReadSpeed      float64 // from the store to the GPU, bytes/s
	LinkSpeed      float64 // of the network, bytes/s
	ComputeSeconds float64 // time of a token that misses no expert

	HitRate float64 // measured on a trace with this number of slots; 0: that of experts used evenly
}

// Verdict is the summary of a report.
type Verdict string

// The verdicts.
const (
	Runs       Verdict = "runs"
	RunsSlowly Verdict = "runs_slowly"
	DoesNotFit Verdict = "does_not_fit"
)

// slowSpeed is the speed below which a model runs slowly: a word takes more than a second.
const slowSpeed = 1.0 // tokens/s

// Report is the estimate for a model on a machine.
type Report struct {
	Verdict Verdict
	Reasons []Reason // why the verdict is not Runs

	Slots           []int // [layer with experts]
	NumExpertsOnGPU int
	NumExperts      int
	AtLeast         bool  // the usable GPU memory is unknown: the numbers are those of the smallest number of slots
	GPUBytes        int64 // size of the model on the GPU with those slots

	HitRate         float64 // fraction of the uses of experts that are hits
	MissesPerToken  float64
	BytesPerToken   float64 // read from the store
	TokensPerSecond float64 // once the slots are full and every expert is stored; 0: unknown
	ComputeUnknown  bool    // TokensPerSecond leaves out the time of computing, which has not been measured
	PromptBytes     int64   // read for a batch of a prompt whose tokens use every expert, at most
	PromptSeconds   float64 // time of reading them; 0: unknown, or nothing to read

	DownloadBytes   int64
	DownloadSeconds float64 // 0: unknown, or nothing to download
	StorageBytes    int64   // size of the model in the store, including DownloadBytes
}

// Reason is a limit that a model exceeds.
type Reason struct {
	Limit             Limit
	Needed, Available float64 // bytes; for Speed, tokens/s
	Message           string  // for the user: which limit, by how much, and what to do
}

// Limit names what a model may need more of than there is.
type Limit string

// The limits.
const (
	Buffer  Limit = "buffer"  // maxBufferSize
	Binding Limit = "binding" // maxStorageBufferBindingSize
	Memory  Limit = "gpu_memory"
	Storage Limit = "storage"
	Speed   Limit = "speed"
)

// Check returns the report for a model on a machine.
func Check(m Model, on Machine) Report {
	r := Report{Verdict: Runs, NumExperts: len(m.MoELayers) * m.NumExperts,
		StorageBytes: m.FileBytes, DownloadBytes: m.FileBytes - m.StoredBytes}
	r.chooseSlots(m, on)
	r.estimateSpeed(m, on)
	r.estimateDownload(on)
	r.judge(m, on)
	return r
}

// chooseSlots fills in the slots of the layers.
func (r *Report) chooseSlots(m Model, on Machine) {
	r.GPUBytes = m.residentBytes()
	if len(m.MoELayers) == 0 {
		return
	}
	shape := m.maxShape(on)
	switch {
	case on.UsableBytes > 0:
		shape = m.shapeWithin(on.UsableBytes, on)
	case m.bytes(shape) > m.bytes(m.minShape()):
		shape, r.AtLeast = m.minShape(), true
	}
	r.Slots = shape.Slots
	for _, n := range r.Slots {
		r.NumExpertsOnGPU += n
	}
	r.GPUBytes = m.bytes(shape)
}

// estimateSpeed fills in how often a token misses experts, and how long it takes.
func (r *Report) estimateSpeed(m Model, on Machine) {
	r.estimateMisses(m, on)
	if on.ReadSpeed > 0 {
		r.PromptSeconds = float64(r.PromptBytes) / on.ReadSpeed
	} else if r.BytesPerToken > 0 {
		return
	}
	seconds := on.ComputeSeconds
	if r.BytesPerToken > 0 {
		seconds += r.BytesPerToken / on.ReadSpeed
	}
	if seconds > 0 {
		r.TokensPerSecond, r.ComputeUnknown = 1/seconds, on.ComputeSeconds == 0
	}
}

// estimateMisses fills in the hit rate and the bytes that are read.
func (r *Report) estimateMisses(m Model, on Machine) {
	uses, hits := 0.0, 0.0
	for layer, slots := range r.Slots {
		hitRate := on.HitRate
		if hitRate == 0 || slots == m.NumExperts {
			hitRate = float64(slots) / float64(m.NumExperts)
		}
		used, bytes := float64(m.NumExpertsUsed), m.MoELayers[layer].ExpertBytes
		uses += used
		hits += used * hitRate
		r.BytesPerToken += used * (1 - hitRate) * float64(bytes)
		r.PromptBytes += int64(m.NumExperts-slots) * bytes
	}
	r.HitRate, r.MissesPerToken = 1, uses-hits
	if uses > 0 {
		r.HitRate = hits / uses
	}
}

// estimateDownload fills in the time of the download, which is as fast as the slower of the network and the store.
func (r *Report) estimateDownload(on Machine) {
	speed := math.Inf(1)
	for _, known := range []float64{on.LinkSpeed, on.WriteSpeed} {
		if known > 0 {
			speed = min(speed, known)
		}
	}
	if on.LinkSpeed > 0 {
		r.DownloadSeconds = float64(r.DownloadBytes) / speed
	}
}
