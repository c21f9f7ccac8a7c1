// Package preflight says what a machine can do with a model before anything big moves: how many experts fit on its GPU,
// how fast it is likely to be, how long the download takes and how much storage it needs. docs/paging.md has the
// formulas. It also remembers how much GPU memory a device has turned out to have.
//
// It computes from numbers that others measured. It refuses to measure, to read files and to know the GPU, and it never
// makes up a number that nobody has measured: what is unknown is 0 and stays out of the sentences.
package preflight

import (
	"math"

	"github.com/outrider-web/outrider/internal/experts"
)

// Model is what a model asks for.
type Model struct {
	ResidentBytes              int64      // weights that always lie on the GPU
	CacheBytes                 int64      // keys and values of the context, and activations
	LargestTensor              int64      // of the resident ones
	MoELayers                  []MoELayer // of each layer that has experts; none: nothing is paged
	NumExperts, NumExpertsUsed int        // of a layer, and of them by a token

	FileBytes, StoredBytes int64 // of all its files
}

// Unit is one expert of a layer.
type MoELayer struct {
	ExpertBytes   int64
	LargestMatrix int64 // of gate, up and down; a layer's slots of one matrix are one buffer
}

// Machine is what has been measured of it. What is 0 is not known.
type Machine struct {
	MaxBuffer, MaxBinding int64 // bytes; WebGPU's limits, always known
	MaxSlotBuffer         int64 // bytes of one buffer of slots, where that is less
	UsableBytes           int64 // of GPU memory, as expected: see Search
	MaxBytes              int64 // of it, for certain: what the user allows, or what was refused before

	FreeStorage    int64   // bytes
	WriteSpeed     float64 // to the store, bytes/s
	ReadSpeed      float64 // from the store to the GPU, bytes/s
	LinkSpeed      float64 // of the network, bytes/s
	ComputeSeconds float64 // of a token that misses nothing

	HitRate float64 // measured on a trace with these slots; 0: what chance gives
}

// Verdict is the report in a word.
type Verdict string

// The verdicts.
const (
	Runs       Verdict = "runs"
	RunsSlowly Verdict = "runs_slowly"
	DoesNotFit Verdict = "does_not_fit"
)

// slow is a speed below which a person would rather do something else: a word in more than a second.
const slow = 1.0 // tokens/s

// Report is what to expect.
type Report struct {
	Verdict Verdict
	Reasons []Reason // why it is not better than Verdict says

	Slots           []int // of each layer that has experts
	NumExpertsOnGPU int
	NumExperts      int
	AtLeast         bool  // usable GPU memory is unknown: the numbers are those of the fewest slots that can work
	GPUBytes        int64 // with those slots

	HitRate         float64 // part of the uses of experts that find theirs on the GPU
	MissesPerToken  float64
	BytesPerToken   float64 // read from the store
	TokensPerSecond float64 // once warm; 0: unknown
	ComputeUnknown  bool    // that speed does not count computing, which nobody has measured
	PromptBytes     int64   // read for a part of a prompt whose tokens use every expert, at most
	PromptSeconds   float64 // to read them; 0: unknown, or nothing to read

	DownloadBytes   int64
	DownloadSeconds float64 // 0: unknown, or nothing to download
	StorageBytes    int64   // that the model takes, of which DownloadBytes are to come
}

// Reason is one limit that stands in the way.
type Reason struct {
	Limit             Limit
	Needed, Available float64 // bytes; of Speed, tokens/s
	Message           string  // for a person: what, by how much, and what to do
}

// Limit names what stands in the way.
type Limit string

// The limits.
const (
	Buffer  Limit = "buffer"  // maxBufferSize
	Binding Limit = "binding" // maxStorageBufferBindingSize
	Memory  Limit = "gpu_memory"
	Storage Limit = "storage"
	Speed   Limit = "speed"
)

// Check makes the report.
func Check(m Model, on Machine) Report {
	r := Report{Verdict: Runs, NumExperts: len(m.MoELayers) * m.NumExperts, StorageBytes: m.FileBytes, DownloadBytes: m.FileBytes - m.StoredBytes}
	r.place(m, on)
	r.predict(m, on)
	r.download(on)
	r.judge(m, on)
	return r
}

// place gives the layers their slots.
func (r *Report) place(m Model, on Machine) {
	r.GPUBytes = m.fixed()
	if len(m.MoELayers) == 0 {
		return
	}
	shape := m.most(on)
	switch {
	case on.UsableBytes > 0:
		shape = m.within(on.UsableBytes, on)
	case m.bytes(shape) > m.bytes(m.fewest()):
		shape, r.AtLeast = m.fewest(), true
	}
	r.Slots = shape.Slots
	for _, n := range r.Slots {
		r.NumExpertsOnGPU += n
	}
	r.GPUBytes = m.bytes(shape)
}

// predict says how often a token misses, and how long it takes then.
func (r *Report) predict(m Model, on Machine) {
	r.miss(m, on)
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

// miss adds up what a token uses and does not find.
func (r *Report) miss(m Model, on Machine) {
	uses, hits := 0.0, 0.0
	for layer, slots := range r.Slots {
		chance := on.HitRate
		if chance == 0 || slots == m.NumExperts {
			chance = float64(slots) / float64(m.NumExperts)
		}
		uses += float64(m.NumExpertsUsed)
		hits += float64(m.NumExpertsUsed) * chance
		r.BytesPerToken += float64(m.NumExpertsUsed) * (1 - chance) * float64(m.MoELayers[layer].ExpertBytes)
		r.PromptBytes += int64(m.NumExperts-slots) * m.MoELayers[layer].ExpertBytes
	}
	r.HitRate, r.MissesPerToken = 1, uses-hits
	if uses > 0 {
		r.HitRate = hits / uses
	}
}

// download is as fast as the slower of network and store.
func (r *Report) download(on Machine) {
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

// fixed is what lies on the GPU whatever the slots.
func (m Model) fixed() int64 { return m.ResidentBytes + m.CacheBytes }

// bytes is what the model takes on the GPU.
func (m Model) bytes(s experts.Shape) int64 {
	n := m.fixed()
	for layer, slots := range s.Slots {
		n += int64(slots) * m.MoELayers[layer].ExpertBytes
	}
	return n
}

// Bytes is what the model takes on the GPU with so many slots in each layer that has experts; nil: all of them.
func (m Model) Bytes(slots []int) int64 {
	if slots == nil {
		return m.bytes(m.shape(m.NumExperts))
	}
	return m.bytes(experts.Shape{Slots: slots})
}

// fewest is the shape with just the experts of a token.
func (m Model) fewest() experts.Shape { return m.shape(m.NumExpertsUsed) }

// most has all experts, as far as one buffer takes those of a layer.
func (m Model) most(on Machine) experts.Shape { return m.capped(m.shape(m.NumExperts), on) }

// within is the shape that fits beside the rest of the model, and the fewest slots when none does.
func (m Model) within(usable int64, on Machine) experts.Shape {
	sizes := make([]int64, len(m.MoELayers))
	for i, u := range m.MoELayers {
		sizes[i] = u.ExpertBytes
	}
	s, err := experts.FitMemory(usable-m.fixed(), sizes, m.NumExperts, m.NumExpertsUsed)
	if err != nil {
		return m.fewest()
	}
	return m.capped(s, on)
}

func (m Model) shape(slots int) experts.Shape {
	s := experts.EvenSlots(len(m.MoELayers), m.NumExperts, m.NumExpertsUsed, slots)
	for _, u := range m.MoELayers {
		s.ExpertBytes = append(s.ExpertBytes, u.ExpertBytes)
	}
	return s
}

// capped takes the slots away that a layer's buffers have no room for; that nothing fits any more is for judge to say.
func (m Model) capped(s experts.Shape, on Machine) experts.Shape {
	for layer, u := range m.MoELayers {
		if u.LargestMatrix > 0 {
			s.Slots[layer] = max(m.NumExpertsUsed, min(s.Slots[layer], int(on.stack()/u.LargestMatrix)))
		}
	}
	return s
}

// largest is the size of the largest tensor that the GPU takes.
func (on Machine) largest() int64 { return min(on.MaxBuffer, on.MaxBinding) }

// stack is the size of the largest buffer of slots.
func (on Machine) stack() int64 {
	if on.MaxSlotBuffer > 0 {
		return min(on.MaxSlotBuffer, on.largest())
	}
	return on.largest()
}
