package experts

// prefetchFollowing prefetches the experts that are likely to follow an expert in the layers after its own. An error is
// ignored: LoadExperts, which is called next, meets it again.
func (p *ExpertPager) prefetchFollowing(layer, expert int) {
	if p.predictor == nil {
		return
	}
	for next := layer + 1; next < len(p.counted); next++ {
		predicted, ok := p.predictor.Predict(next, expert)
		if !ok {
			return
		}
		p.prefetch(ID{next, predicted})
		expert = predicted
	}
}

// PrefetchLayer prefetches experts of a layer that a batch of tokens is about to reach, into free slots only: a batch
// of as many tokens as there are experts is likely to use them all, so that an expert that would have to be evicted is
// as likely to be used as the one that would take its slot. A smaller batch prefetches nothing.
func (p *ExpertPager) PrefetchLayer(layer, tokens int) {
	numExperts := p.cache.shape.NumExperts
	if p.predictor == nil || tokens < numExperts {
		return
	}
	for expert, free := 0, p.cache.NumFreeSlots(layer); expert < numExperts && free > 0; expert++ {
		if p.Slot(layer, expert) == Missing {
			p.prefetch(ID{layer, expert})
			free--
		}
	}
}

// prefetch starts loading experts that are likely to be used, the likeliest first, as far as their layers have slots
// for them. Errors: those of IO.WriteTable.
func (p *ExpertPager) prefetch(ids ...ID) error {
	for _, id := range ids {
		if l, ok := p.cache.ClaimForPrefetch(id); ok {
			p.startLoad(l, prefetch)
		}
	}
	return p.startReads()
}

// cancelPrefetches ends the prefetches of which nothing is being read. Errors: those of IO.WriteTable.
func (p *ExpertPager) cancelPrefetches() error {
	for id, j := range p.loads {
		if j.priority == prefetch && p.queue.withdraw(j) {
			p.cache.AbandonLoad(j.load)
			delete(p.loads, id)
		}
	}
	return p.startReads()
}
