package experts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Synthetic describes made-up traces, for as long as there are none of a real model. In each layer a topic has its
// favourite experts, whose frequencies follow Zipf's law; topics change; a token often repeats its predecessor's choice,
// and sometimes the layer before decides.
type Synthetic struct {
	Layers, Experts, Used, Tokens int

	Zipf   float64 // exponent: the n-th favourite is used in proportion to n^-Zipf; 0 is uniform
	Topics int     // each with its own favourites in every layer
	Drift  int     // tokens that a topic lasts, on average; 0: for ever
	Repeat float64 // chance that a token chooses as the token before it did in the layer
	Follow float64 // chance, otherwise, that the layer before decides, each expert having a fixed successor
	Seed   uint64
}

// String shows the parameters.
func (s Synthetic) String() string {
	return fmt.Sprintf("%d tokens, %d layers of %d experts, %d a token; zipf %g, %d topics of %d tokens, repeat %g, follow %g, seed %d",
		s.Tokens, s.Layers, s.Experts, s.Used, s.Zipf, s.Topics, s.Drift, s.Repeat, s.Follow, s.Seed)
}

// Check refuses parameters of which no trace can be made.
func (s Synthetic) Check() error {
	head := Trace{Layers: s.Layers, Experts: s.Experts, Used: s.Used}
	if err := head.check(); err != nil {
		return err
	}
	chance := func(x float64) bool { return x >= 0 && x <= 1 }
	if s.Tokens < 1 || s.Topics < 1 || s.Drift < 0 || !(s.Zipf >= 0) || !chance(s.Repeat) || !chance(s.Follow) {
		return fmt.Errorf("experts: no trace can be made of %v", s)
	}
	return nil
}

// Trace makes the trace. The parameters must have passed Check.
func (s Synthetic) Trace() *Trace {
	g := &maker{Synthetic: s, rand: rand.New(rand.NewPCG(s.Seed, 6)), last: make([][]byte, s.Layers)}
	g.prepare()
	t := &Trace{Layers: s.Layers, Experts: s.Experts, Used: s.Used}
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

// maker makes one trace.
type maker struct {
	Synthetic
	rand       *rand.Rand
	cumulative []float64 // of the favourites' frequencies
	favourites [][][]int // [topic][layer]: experts, the favourite first
	successors [][]int   // [layer][expert before]
	topic      int
	last       [][]byte // of each layer: what the last token chose
}

func (g *maker) prepare() {
	sum := 0.0
	for n := range g.Experts {
		sum += math.Pow(float64(n+1), -g.Zipf)
		g.cumulative = append(g.cumulative, sum)
	}
	for range g.Topics {
		var layers [][]int
		for range g.Layers {
			layers = append(layers, g.rand.Perm(g.Experts))
		}
		g.favourites = append(g.favourites, layers)
	}
	for range g.Layers {
		g.successors = append(g.successors, g.rand.Perm(g.Experts))
	}
}

// choose gives a layer's choices, all different.
func (g *maker) choose(layer int) []byte {
	if g.last[layer] != nil && g.rand.Float64() < g.Repeat {
		return g.last[layer]
	}
	chosen := make([]byte, 0, g.Used)
	if layer > 0 && g.rand.Float64() < g.Follow {
		chosen = append(chosen, byte(g.successors[layer][g.last[layer-1][0]]))
	}
	for len(chosen) < g.Used {
		if e := byte(g.draw(layer)); !slices.Contains(chosen, e) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// draw takes an expert by the topic's frequencies.
func (g *maker) draw(layer int) int {
	x := g.rand.Float64() * g.cumulative[g.Experts-1]
	n := 0
	for n < g.Experts-1 && g.cumulative[n] < x {
		n++
	}
	return g.favourites[g.topic][layer][n]
}
