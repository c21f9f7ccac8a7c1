package experts

// Stats counts what has happened. A token that uses k experts in each of n layers makes k·n uses, each a hit or a miss.
type Stats struct {
	Tokens    int64
	Hits      int64
	Misses    int64
	Loads     int64 // experts loaded, because a token waited for them or as a prefetch
	Evictions int64
	Bytes     int64 // size of the loaded experts
	Reads     int64 // reads that the loads took

	Prefetches     int64 // prefetches started
	PrefetchesUsed int64 // prefetched experts that were resident when a token used them
	PrefetchesLate int64 // prefetched experts that were still loading when a token used them
}

// Since returns the counts of what has happened since an earlier call of Stats returned before.
func (s Stats) Since(before Stats) Stats {
	return Stats{
		Tokens: s.Tokens - before.Tokens, Hits: s.Hits - before.Hits, Misses: s.Misses - before.Misses,
		Loads: s.Loads - before.Loads, Evictions: s.Evictions - before.Evictions,
		Bytes: s.Bytes - before.Bytes, Reads: s.Reads - before.Reads,
		Prefetches: s.Prefetches - before.Prefetches, PrefetchesUsed: s.PrefetchesUsed - before.PrefetchesUsed,
		PrefetchesLate: s.PrefetchesLate - before.PrefetchesLate,
	}
}

// HitRate returns the fraction of uses that were hits; 0 when there were no uses.
func (s Stats) HitRate() float64 { return ratio(s.Hits, s.Hits+s.Misses) }

// PrefetchAccuracy returns the fraction of prefetched experts that a token used, resident or still loading, before they
// were evicted.
func (s Stats) PrefetchAccuracy() float64 {
	return ratio(s.PrefetchesUsed+s.PrefetchesLate, s.Prefetches)
}

// BytesPerToken returns the mean size of the experts loaded for a token.
func (s Stats) BytesPerToken() float64 { return ratio(s.Bytes, s.Tokens) }

// ratio returns a/b, and 0 when b is 0.
func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
