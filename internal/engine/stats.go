package engine

import (
	"runtime"
	"time"

	"github.com/outrider-web/outrider/internal/experts"
)

// Finish says why an answer ended.
type Finish string

// The reasons why an answer ends.
const (
	FinishStop   Finish = "stop"   // a stop token, a stop text or the caller
	FinishLength Finish = "length" // MaxTokens, or the end of the context

	FinishRepetition Finish = "repetition" // the answer repeats itself, and Params.StopRepetition is set
)

// Stats describes one answer.
type Stats struct {
	PromptTokens    int
	ReusedTokens    int     // tokens of the prompt that were computed in an earlier turn
	EncodedTiles    int     // tiles of new pictures in the prompt
	EncodeSeconds   float64 // until the last of these tiles; part of PrefillSeconds
	GeneratedTokens int     // without the stop token
	PrefillSeconds  float64 // until the first token
	DecodeSeconds   float64 // from the first token to the end
	PeakHeapBytes   uint64  // the largest size of the Go heap that was seen
	Tokens          []int32 // the tokens of the answer, including a final stop token
	Finish          Finish  // "" when an error ended the answer

	PrefillPaging, DecodePaging PagingCounts // zeros when nothing is paged
}

// PagingCounts counts hits, misses and loads of experts.
type PagingCounts = experts.Stats

// TokensPerSecond returns the speed of decode; 0 for fewer than two tokens.
func (s Stats) TokensPerSecond() float64 {
	if s.GeneratedTokens < 2 || s.DecodeSeconds == 0 {
		return 0
	}
	return float64(s.GeneratedTokens-1) / s.DecodeSeconds
}

// clock measures the statistics of an answer.
type clock struct {
	stats Stats
	start time.Time
	first time.Time        // time of the first token
	heap  runtime.MemStats // runtime/metrics would add 50 KB to a program of 5 MB
}

func startClock() clock { return clock{start: time.Now()} }

// tiles returns a function that records progress of encoding and passes it on to onTile, which may be nil.
func (c *clock) tiles(onTile func(done, total int)) func(done, total int) {
	return func(done, total int) {
		c.stats.EncodedTiles, c.stats.EncodeSeconds = done, time.Since(c.start).Seconds()
		if onTile != nil {
			onTile(done, total)
		}
	}
}

// token counts a generated token.
func (c *clock) token() {
	c.mark()
	c.stats.GeneratedTokens++
}

// end records why the answer ends.
func (c *clock) end(why Finish) {
	c.mark()
	c.stats.Finish = why
}

// mark records the time of the first token and the size of the heap.
func (c *clock) mark() {
	if c.first.IsZero() {
		c.first = time.Now()
	}
	runtime.ReadMemStats(&c.heap)
	c.stats.PeakHeapBytes = max(c.stats.PeakHeapBytes, c.heap.HeapAlloc)
}

// finish computes the durations.
func (c *clock) finish() {
	now := time.Now()
	first := c.first
	if first.IsZero() {
		first = now
	}
	c.stats.PrefillSeconds = first.Sub(c.start).Seconds()
	c.stats.DecodeSeconds = now.Sub(first).Seconds()
}
