package experts

// Simulation replays a trace as the pager would meet it.
type Simulation struct {
	Shape  Shape
	Policy Policy

	// Predictor, when there is one, is asked at each fault for the Ahead layers that follow; what it guesses is read
	// along with the missing expert. The simulation lets such reads arrive in time, which flatters the guesses.
	Predictor Predictor
	Ahead     int
}

// Run replays a trace. Errors: those of New.
func (s Simulation) Run(t *Trace) (Stats, error) {
	c, err := New(s.Shape, s.Policy)
	if err != nil {
		return Stats{}, err
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

type replay struct {
	Simulation
	cache *Cache
	trace *Trace
	used  []int // scratch
}

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
		l, _ := r.cache.Claim(ID{layer, e}) // no guesses are under way, so there is room
		r.cache.FinishLoad(l)
	}
	if r.Predictor == nil {
		return nil
	}
	if layer > 0 {
		r.Predictor.Learn(layer, int(r.trace.At(token, layer-1)[0]), r.used[0])
	}
	if len(missing) > 0 {
		r.ahead(layer, r.used[0])
	}
	return nil
}

// ahead reads what is guessed for the next layers.
func (r *replay) ahead(layer, expert int) {
	for l := layer + 1; l <= layer+r.Ahead && l < r.trace.Layers; l++ {
		guess, ok := r.Predictor.Predict(l, expert)
		if !ok {
			return
		}
		if load, ok := r.cache.Prefetch(ID{l, guess}); ok {
			r.cache.FinishLoad(load)
		}
		expert = guess
	}
}

// optimal evicts the expert whose next use is farthest away: it knows the trace, so no policy does better.
type optimal struct {
	trace *Trace
	token []int // of each layer: the token under way
}

// NewOptimal is the bound for a trace that is replayed once.
func NewOptimal(t *Trace) Policy { return &optimal{t, make([]int, t.Layers)} }

// Used counts: a layer's k uses are one token.
func (p *optimal) Used(id ID)      { p.token[id.Layer]++ }
func (p *optimal) Loaded(ID, bool) {}

func (p *optimal) Victim(layer int, candidates []int) (victim int) {
	farthest := -1
	for _, e := range candidates {
		if n := p.next(layer, e); n > farthest {
			victim, farthest = e, n
		}
	}
	return victim
}

// next is the token that uses an expert next, from the one after the present.
func (p *optimal) next(layer, expert int) int {
	token := (p.token[layer] + p.trace.Used - 1) / p.trace.Used
	for ; token < p.trace.Tokens(); token++ {
		for _, e := range p.trace.At(token, layer) {
			if int(e) == expert {
				return token
			}
		}
	}
	return token
}
