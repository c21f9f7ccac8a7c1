package experts

// Predictor predicts which experts a token will use from those it has used. A wrong prediction costs a needless read
// and changes nothing else.
type Predictor interface {
	// Predict returns an expert that a token is likely to use in a layer, given the first one that it used in the layer
	// before.
	Predict(layer, before int) (expert int, ok bool)

	// Observe records the first expert that a token used in a layer, and the first in the layer before.
	Observe(layer, before, used int)
}

// transitions counts how often each expert followed each expert of the layer before, and predicts the most frequent
// one.
type transitions struct {
	counts [][][]uint32 // [layer][expert of the layer before][expert]
}

// minSeen is how often an expert must have been seen before its successor is predicted. The successor must have
// followed it in at least half of these cases, because a wrong prediction costs a read.
const minSeen = 4

// NewTransitions returns a Predictor that counts transitions between neighbouring layers.
func NewTransitions(layers, numExperts int) Predictor {
	p := &transitions{make([][][]uint32, layers)}
	for l := range p.counts {
		p.counts[l] = make([][]uint32, numExperts)
		for e := range p.counts[l] {
			p.counts[l][e] = make([]uint32, numExperts)
		}
	}
	return p
}

// Predict implements Predictor.
func (p *transitions) Predict(layer, before int) (expert int, ok bool) {
	seen, counts := uint32(0), p.counts[layer][before]
	for e, n := range counts {
		seen += n
		if n > counts[expert] {
			expert = e
		}
	}
	return expert, seen >= minSeen && 2*counts[expert] >= seen
}

// Observe implements Predictor.
func (p *transitions) Observe(layer, before, used int) { p.counts[layer][before][used]++ }
