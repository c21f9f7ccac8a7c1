package loader

import (
	"sync"
	"time"
)

// Phase is what a load is doing.
type Phase string

// The phases, in their order.
const (
	PhaseHeader   Phase = "header"
	PhaseDownload Phase = "download"
	PhaseLoad     Phase = "load"
)

// Progress says how far a phase is.
type Progress struct {
	Phase          Phase
	Done, Total    int64   // bytes; Total is 0 while unknown
	BytesPerSecond float64 // over the last few seconds; 0 while unknown
	SecondsLeft    float64 // 0 while unknown
}

const (
	reportEvery = 100 * time.Millisecond
	rateWindow  = 5 * time.Second
)

// meter adds up the bytes of a phase and reports them now and then. It may be used from several goroutines; report is
// called from any of them, one call at a time.
type progressMeter struct {
	report func(Progress)
	now    func() time.Time

	mu      sync.Mutex
	p       Progress
	last    time.Time // of the latest report
	samples []sample  // of the last rateWindow, oldest first
}

type sample struct {
	at   time.Time
	done int64
}

// newMeter begins a phase; report may be nil.
func newProgressMeter(phase Phase, total int64, report func(Progress)) *progressMeter {
	if report == nil {
		report = func(Progress) {}
	}
	return &progressMeter{report: report, now: time.Now, p: Progress{Phase: phase, Total: total}}
}

// skip counts bytes that were there already: they say nothing about speed.
func (m *progressMeter) addStored(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Done += n
}

// begin gives a function that says how many bytes of one piece have come so far.
func (m *progressMeter) startPiece() func(received int64) {
	before := int64(0)
	return func(received int64) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.p.Done += received - before
		before = received
		m.reportIfDue(false)
	}
}

// finish reports the end of the phase.
func (m *progressMeter) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reportIfDue(true)
}

// tell reports if it is time to, or always.
func (m *progressMeter) reportIfDue(always bool) {
	now := m.now()
	if !always && now.Sub(m.last) < reportEvery {
		return
	}
	m.last = now
	m.updateRate(now)
	m.report(m.p)
}

// measure derives speed and time left from the samples of the last seconds.
func (m *progressMeter) updateRate(now time.Time) {
	m.samples = append(m.samples, sample{now, m.p.Done})
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= rateWindow {
		m.samples = m.samples[1:]
	}
	m.p.BytesPerSecond, m.p.SecondsLeft = 0, 0
	oldest := m.samples[0]
	if seconds := now.Sub(oldest.at).Seconds(); seconds > 0 && m.p.Done > oldest.done {
		m.p.BytesPerSecond = float64(m.p.Done-oldest.done) / seconds
		m.p.SecondsLeft = float64(max(0, m.p.Total-m.p.Done)) / m.p.BytesPerSecond
	}
}
