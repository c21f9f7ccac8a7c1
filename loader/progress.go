package loader

import (
	"sync"
	"time"

	"github.com/outrider-web/outrider/loader/store"
)

// Phase names what a load is doing.
type Phase string

// The phases, in their order. The loader itself reports neither device nor memory.
const (
	PhaseDevice   Phase = "device"   // a GPU device is requested
	PhaseHeader   Phase = "header"   // the headers are fetched and read
	PhaseMemory   Phase = "memory"   // it is found out by trial how much of the model the GPU's memory holds
	PhaseDownload Phase = "download" // chunks are fetched and stored
	PhaseVerify   Phase = "verify"   // stored files are compared with their published hashes
	PhaseLoad     Phase = "load"     // tensors are read from the store
)

// Progress is how far a phase is.
type Progress struct {
	Phase          Phase
	Done, Total    int64   // bytes; Total is 0 while unknown
	BytesPerSecond float64 // average of the last seconds; 0 while unknown
	SecondsLeft    float64 // 0 while unknown

	Waiting string    // why nothing arrives at the moment, such as a server that cannot be reached; empty otherwise
	Until   time.Time // when the next attempt starts; zero if that is not known
}

const (
	reportEvery = 100 * time.Millisecond
	rateWindow  = 5 * time.Second // time over which the rate is averaged
)

// progressMeter counts the bytes of a phase and reports them at most once every reportEvery. It may be used from
// several goroutines. report is called from any of them, one call at a time.
type progressMeter struct {
	report func(Progress)
	now    func() time.Time

	mu       sync.Mutex
	progress Progress
	last     time.Time // of the last report
	samples  []sample  // of the last rateWindow, oldest first
}

// sample is the number of bytes done at a time.
type sample struct {
	at   time.Time
	done int64
}

// newProgressMeter returns the meter of a new phase; report may be nil.
func newProgressMeter(phase Phase, total int64, report func(Progress)) *progressMeter {
	if report == nil {
		report = func(Progress) {}
	}
	return &progressMeter{report: report, now: time.Now, progress: Progress{Phase: phase, Total: total}}
}

// addStored counts n bytes that were stored before the phase began. The rate does not include them.
func (m *progressMeter) addStored(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Done += n
}

// startPiece returns a function to be called with the progress of one piece.
func (m *progressMeter) startPiece() func(store.ChunkProgress) {
	before := int64(0)
	return func(p store.ChunkProgress) {
		m.mu.Lock()
		defer m.mu.Unlock()
		arrived := p.Received > before
		if p.Received > 0 { // a piece that waits does not say how much of it has arrived
			m.progress.Done += p.Received - before
			before = p.Received
		}
		now := m.now()
		if m.setWaiting(p, arrived) || now.Sub(m.last) >= reportEvery {
			m.reportAt(now)
		}
	}
}

// setWaiting takes over whether the phase waits: from when one of its pieces does until one of them receives bytes. It
// reports whether that has changed.
func (m *progressMeter) setWaiting(p store.ChunkProgress, arrived bool) (changed bool) {
	waiting := m.progress.Waiting
	if p.Waiting {
		m.progress.Waiting, m.progress.Until = p.Cause, p.Until
	} else if arrived {
		m.progress.Waiting, m.progress.Until = "", time.Time{}
	}
	return waiting != m.progress.Waiting
}

// finish reports the end of the phase.
func (m *progressMeter) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Waiting, m.progress.Until = "", time.Time{}
	m.reportAt(m.now())
}

func (m *progressMeter) reportAt(now time.Time) {
	m.last = now
	m.updateRate(now)
	m.report(m.progress)
}

// updateRate computes the rate and the time left from the samples of the last seconds.
func (m *progressMeter) updateRate(now time.Time) {
	p := &m.progress
	m.samples = append(m.samples, sample{now, p.Done})
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= rateWindow {
		m.samples = m.samples[1:]
	}
	p.BytesPerSecond, p.SecondsLeft = 0, 0
	oldest := m.samples[0]
	if seconds := now.Sub(oldest.at).Seconds(); seconds > 0 && p.Done > oldest.done {
		p.BytesPerSecond = float64(p.Done-oldest.done) / seconds
		p.SecondsLeft = float64(max(0, p.Total-p.Done)) / p.BytesPerSecond
	}
}
