// Package simulate replays traces of expert choices through an experts.Cache, to compare eviction policies and numbers
// of slots without a model. It also reads, writes and generates such traces. No program in the browser uses it.
package simulate

import "github.com/outrider-web/outrider/internal/experts"

// Simulation replays a trace through a cache, as the pager would in decode.
type Simulation struct {
	Shape  experts.Shape
	Policy experts.Policy

	// Predictor, which may be nil, is asked at each miss for the LayersAhead layers that follow. What it predicts is
	// loaded together with the missing expert. The simulation assumes that such loads finish in time, so it is too
	// favourable to prediction.
	Predictor   experts.Predictor
	LayersAhead int
}

// Run replays a trace and returns what happened. Errors: those of experts.NewCache.
func (s Simulation) Run(t *Trace) (experts.Stats, error) {
	c, err := experts.NewCache(s.Shape, s.Policy)
	if err != nil {
		return experts.Stats{}, err
	}
	r := &replay{Simulation: s, cache: c, trace: t}
	for token := range t.Tokens() {
		for layer := range t.Layers {
			if err := r.layer(token, layer); err != nil {
				return c.Stats(), err
			}
		}
		c.Release(1)
	}
	return c.Stats(), nil
}

// replay is one run of a simulation.
type replay struct {
	Simulation
	cache *experts.Cache
	trace *Trace
	used  []int // scratch: the experts of the current token and layer
}

// layer replays one layer of a token.
func (r *replay) layer(token, layer int) error {
	r.used = r.used[:0]
	for _, e := range r.trace.At(token, layer) {
		r.used = append(r.used, int(e))
	}
	missing, err := r.cache.Use(layer, r.used...)
	if err != nil {
		return err
	}
	for _, e := range missing {
		l, _ := r.cache.Claim(experts.ID{Layer: layer, Expert: e}) // no prefetch is unfinished, so a slot is available
		r.cache.FinishLoad(l)
	}
	if r.Predictor == nil {
		return nil
	}
	if layer > 0 {
		r.Predictor.Observe(layer, int(r.trace.At(token, layer-1)[0]), r.used[0])
	}
	if len(missing) > 0 {
		r.prefetch(layer, r.used[0])
	}
	return nil
}

// prefetch loads what is predicted for the layers that follow.
func (r *replay) prefetch(layer, expert int) {
	for l := layer + 1; l <= layer+r.LayersAhead && l < r.trace.Layers; l++ {
		predicted, ok := r.Predictor.Predict(l, expert)
		if !ok {
			return
		}
		if load, ok := r.cache.ClaimForPrefetch(experts.ID{Layer: l, Expert: predicted}); ok {
			r.cache.FinishLoad(load)
		}
		expert = predicted
	}
}

// optimal evicts the expert whose next use is farthest in the future. It knows the trace, so no policy does better
// (Belady 1966).
type optimal struct {
	trace *Trace
	uses  []int // of each layer: uses so far, the current token's included
}

// NewOptimal returns the policy that is an upper bound for a trace. It serves one replay.
func NewOptimal(t *Trace) experts.Policy { return &optimal{t, make([]int, t.Layers)} }

// Used counts uses: NumExpertsUsed of them in a layer are one token.
func (p *optimal) Used(id experts.ID) { p.uses[id.Layer]++ }

// Loaded does nothing.
func (p *optimal) Loaded(experts.ID, bool) {}

// Victim returns the candidate whose next use is farthest in the future.
func (p *optimal) Victim(layer int, candidates []int) (victim int) {
	farthest := -1
	for _, e := range candidates {
		if n := p.nextUse(layer, e); n > farthest {
			victim, farthest = e, n
		}
	}
	return victim
}

// nextUse returns the first token after the current one that uses an expert, or the number of tokens when none does.
func (p *optimal) nextUse(layer, expert int) int {
	token := (p.uses[layer] + p.trace.NumExpertsUsed - 1) / p.trace.NumExpertsUsed
	for ; token < p.trace.Tokens(); token++ {
		for _, e := range p.trace.At(token, layer) {
			if int(e) == expert {
				return token
			}
		}
	}
	return token
}
