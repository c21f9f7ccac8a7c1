package experts

// Predictor guesses what a token will use from what it used. Guesses may be wrong: they start reads, nothing else.
type Predictor interface {
	// Guess gives an expert that a token is likely to use in a layer, given the first one it used in the layer before.
	Predict(layer, before int) (expert int, ok bool)

	// Learn tells what a token used first in a layer and in the one before.
	Learn(layer, before, used int)
}

// transitions counts which expert follows which from layer to layer, and guesses the most frequent.
type transitions struct {
	counts [][][]uint32 // [layer][before][expert]
}

// minSeen is how often an expert must have been seen before what follows it is guessed, and a guess must have followed
// it at least half of the times: a wrong one costs a read.
const minSeen = 4

// NewTransitions guesses from the transitions between neighbouring layers.
func NewTransitions(layers, experts int) Predictor {
	p := &transitions{make([][][]uint32, layers)}
	for l := range p.counts {
		p.counts[l] = make([][]uint32, experts)
		for e := range p.counts[l] {
			p.counts[l][e] = make([]uint32, experts)
		}
	}
	return p
}

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

func (p *transitions) Learn(layer, before, used int) { p.counts[layer][before][used]++ }
