package engine

import (
	"runtime"
	"time"

	"github.com/outrider-web/outrider/internal/experts"
)

// Finish says why an answer ended.
type Finish string

// Why an answer ended: of its own accord, by a stop text or the caller; or for want of room.
const (
	FinishStop   Finish = "stop"
	FinishLength Finish = "length"
)

// Stats describe one answer.
type Stats struct {
	PromptTokens    int
	ReusedTokens    int     // of the prompt, computed in an earlier turn
	EncodedTiles    int     // of pictures in the prompt that are new
	EncodeSeconds   float64 // until the last of them; within PrefillSeconds
	GeneratedTokens int     // without the stop token
	PrefillSeconds  float64 // until the first token is there
	DecodeSeconds   float64 // from then to the end
	PeakHeapBytes   uint64  // Go heap, the largest seen
	Tokens          []int32 // the answer's, a final stop token included
	Finish          Finish  // "" when an error ended the answer

	PrefillPaging, DecodePaging PagingCounts // zeros when nothing is paged
}

// PagingCounts say how often experts were there.
type PagingCounts = experts.Stats

// TokensPerSecond is the speed of decode, 0 for fewer than two tokens.
func (s Stats) TokensPerSecond() float64 {
	if s.GeneratedTokens < 2 || s.DecodeSeconds == 0 {
		return 0
	}
	return float64(s.GeneratedTokens-1) / s.DecodeSeconds
}

// clock fills in the statistics of an answer.
type clock struct {
	stats Stats
	begun time.Time
	first time.Time        // when the first token was there
	heap  runtime.MemStats // runtime/metrics would be 50 KB of a program that has 5 MB
}

func startClock(promptTokens int) clock {
	c := clock{begun: time.Now(), stats: Stats{PromptTokens: promptTokens}}
	return c
}

// tiles counts tiles, and tells each who wants to know.
func (c *clock) tiles(tell func(done, total int)) func(done, total int) {
	return func(done, total int) {
		c.stats.EncodedTiles, c.stats.EncodeSeconds = done, time.Since(c.begun).Seconds()
		if tell != nil {
			tell(done, total)
		}
	}
}

// token counts one.
func (c *clock) token() {
	c.mark()
	c.stats.GeneratedTokens++
}

// end notes why there will be no more tokens.
func (c *clock) end(why Finish) {
	c.mark()
	c.stats.Finish = why
}

// mark notes that a token is there.
func (c *clock) mark() {
	if c.first.IsZero() {
		c.first = time.Now()
	}
	runtime.ReadMemStats(&c.heap)
	c.stats.PeakHeapBytes = max(c.stats.PeakHeapBytes, c.heap.HeapAlloc)
}

func (c *clock) finish() {
	now := time.Now()
	if c.first.IsZero() {
		c.first = now
	}
	c.stats.PrefillSeconds = c.first.Sub(c.begun).Seconds()
	c.stats.DecodeSeconds = now.Sub(c.first).Seconds()
}
