package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Synthetic describes a generated trace, for use while there is none of a real model. Each topic has its own favourite
// experts in every layer, whose frequencies follow Zipf's law. Topics change; a token often repeats the choice of the
// token before it; and sometimes the choice of the layer before determines that of a layer.
type Synthetic struct {
	Layers, NumExperts, NumExpertsUsed, Tokens int

	Zipf   float64 // exponent: the n-th favourite is used in proportion to n^-Zipf; 0 is uniform
	Topics int     // number of topics
	Drift  int     // mean length of a topic in tokens; 0: the topic never changes
	Repeat float64 // probability that a layer chooses what it chose for the token before
	Follow float64 // probability, otherwise, that the layer before decides: each of its experts has a fixed successor
	Seed   uint64
}

// String shows the parameters.
func (s Synthetic) String() string {
	return fmt.Sprintf("%d tokens, %d layers of %d experts, %d a token; zipf %g, %d topics of %d tokens, "+
		"repeat %g, follow %g, seed %d", s.Tokens, s.Layers, s.NumExperts, s.NumExpertsUsed,
		s.Zipf, s.Topics, s.Drift, s.Repeat, s.Follow, s.Seed)
}

// Check returns an error when no trace can be generated from the parameters.
func (s Synthetic) Check() error {
	header := Trace{Layers: s.Layers, NumExperts: s.NumExperts, NumExpertsUsed: s.NumExpertsUsed}
	if err := header.check(); err != nil {
		return err
	}
	isProbability := func(x float64) bool { return x >= 0 && x <= 1 }
	if s.Tokens < 1 || s.Topics < 1 || s.Drift < 0 || !(s.Zipf >= 0) || !isProbability(s.Repeat) ||
		!isProbability(s.Follow) {
		return fmt.Errorf("simulate: cannot generate a trace of %v", s)
	}
	return nil
}

// Trace generates the trace. The parameters must have passed Check. The same parameters always generate the same trace.
func (s Synthetic) Trace() *Trace {
	g := &generator{Synthetic: s, rand: rand.New(rand.NewPCG(s.Seed, 6)), last: make([][]byte, s.Layers)}
	g.prepare()
	t := &Trace{Layers: s.Layers, NumExperts: s.NumExperts, NumExpertsUsed: s.NumExpertsUsed}
	for range s.Tokens {
		if s.Drift > 0 && g.rand.IntN(s.Drift) == 0 {
			g.topic = g.rand.IntN(s.Topics)
		}
		for layer := range s.Layers {
			g.last[layer] = g.choose(layer)
			t.choices = append(t.choices, g.last[layer]...)
		}
	}
	return t
}

// generator is the state of generating one trace.
type generator struct {
	Synthetic
	rand       *rand.Rand
	cumulative []float64 // cumulative frequencies of the favourites
	favourites [][][]int // [topic][layer]: experts, the most frequent first
	successors [][]int   // [layer][expert of the layer before]
	topic      int
	last       [][]byte // [layer]: what the last token chose
}

// prepare draws the favourites and successors.
func (g *generator) prepare() {
	sum := 0.0
	for n := range g.NumExperts {
		sum += math.Pow(float64(n+1), -g.Zipf)
		g.cumulative = append(g.cumulative, sum)
	}
	for range g.Topics {
		var layers [][]int
		for range g.Layers {
			layers = append(layers, g.rand.Perm(g.NumExperts))
		}
		g.favourites = append(g.favourites, layers)
	}
	for range g.Layers {
		g.successors = append(g.successors, g.rand.Perm(g.NumExperts))
	}
}

// choose returns a layer's choices for the current token, all different.
func (g *generator) choose(layer int) []byte {
	if g.last[layer] != nil && g.rand.Float64() < g.Repeat {
		return g.last[layer]
	}
	chosen := make([]byte, 0, g.NumExpertsUsed)
	if layer > 0 && g.rand.Float64() < g.Follow {
		chosen = append(chosen, byte(g.successors[layer][g.last[layer-1][0]]))
	}
	for len(chosen) < g.NumExpertsUsed {
		if e := byte(g.draw(layer)); !slices.Contains(chosen, e) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// draw returns a random expert with the frequencies of the current topic.
func (g *generator) draw(layer int) int {
	x := g.rand.Float64() * g.cumulative[g.NumExperts-1]
	n := 0
	for n < g.NumExperts-1 && g.cumulative[n] < x {
		n++
	}
	return g.favourites[g.topic][layer][n]
}
