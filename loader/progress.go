package loader

import (
	"sync"
	"time"
)

// Phase names what a load is doing.
type Phase string

// The phases, in their order.
const (
	PhaseHeader   Phase = "header"   // the headers are fetched and read
	PhaseDownload Phase = "download" // chunks are fetched and stored
	PhaseLoad     Phase = "load"     // tensors are read from the store
)

// Progress is how far a phase is.
type Progress struct {
	Phase          Phase
	Done, Total    int64   // bytes; Total is 0 while unknown
	BytesPerSecond float64 // average of the last seconds; 0 while unknown
	SecondsLeft    float64 // 0 while unknown
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

// startPiece returns a function to be called with the number of bytes of one piece received so far.
func (m *progressMeter) startPiece() func(received int64) {
	before := int64(0)
	return func(received int64) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.progress.Done += received - before
		before = received
		if now := m.now(); now.Sub(m.last) >= reportEvery {
			m.reportAt(now)
		}
	}
}

// finish reports the end of the phase.
func (m *progressMeter) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
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
