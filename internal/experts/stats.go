package experts

// Stats count what happened. A token that uses k experts in each of n layers makes k·n uses, each a hit or a fault.
type Stats struct {
	Tokens    int64
	Hits      int64
	Misses    int64
	Loads     int64 // experts brought in, on demand or on a guess
	Evictions int64
	Bytes     int64 // of the loads
	Reads     int64 // that they took

	Prefetches     int64 // loads begun on a guess
	PrefetchesUsed int64 // of them, those that a token found in their slot
	PrefetchesLate int64 // of them, those that were still under way when a token wanted them
}

// Since is what has happened since the counts were before.
func (s Stats) Since(before Stats) Stats {
	return Stats{
		Tokens: s.Tokens - before.Tokens, Hits: s.Hits - before.Hits, Misses: s.Misses - before.Misses,
		Loads: s.Loads - before.Loads, Evictions: s.Evictions - before.Evictions, Bytes: s.Bytes - before.Bytes, Reads: s.Reads - before.Reads,
		Prefetches: s.Prefetches - before.Prefetches, PrefetchesUsed: s.PrefetchesUsed - before.PrefetchesUsed,
		PrefetchesLate: s.PrefetchesLate - before.PrefetchesLate,
	}
}

// HitRate is the part of the uses that found their expert, 0 before the first.
func (s Stats) HitRate() float64 { return ratio(s.Hits, s.Hits+s.Misses) }

// PrefetchAccuracy is the part of the guesses that a token wanted, in time or late, before they were evicted.
func (s Stats) PrefetchAccuracy() float64 {
	return ratio(s.PrefetchesUsed+s.PrefetchesLate, s.Prefetches)
}

// BytesPerToken is what a token had to read.
func (s Stats) BytesPerToken() float64 { return ratio(s.Bytes, s.Tokens) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
