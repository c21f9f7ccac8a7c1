// Package sample chooses the next token from logits. It refuses to know what a token means. The same options, seed and
// logits choose the same tokens on every machine.
package sample

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Options shape the distribution that is drawn from. Zero fields leave it as it is, but for Temperature.
type Options struct {
	Temperature float64 // logits are divided by it; 0 takes the most likely token
	TopK        int     // only the k most likely
	TopP        float64 // only the most likely that together reach this probability
	MinP        float64 // only those at least this fraction as likely as the most likely one
	Seed        uint64
}

// Greedy reports whether the most likely token is always taken.
func (o Options) Greedy() bool { return o.Temperature <= 0 }

// Sampler draws the tokens of one answer.
type Sampler struct {
	options    Options
	random     *rand.Rand
	candidates []candidate
}

// candidate is a token that may be drawn; weight is relative to the most likely one's, which is 1.
type candidate struct {
	token  int32
	weight float64
}

// New starts an answer.
func New(o Options) *Sampler {
	return &Sampler{options: o, random: rand.New(rand.NewPCG(o.Seed, 0))}
}

// Sample draws a token. logits must not be empty.
func (s *Sampler) Sample(logits []float32) int32 {
	best := argmax(logits)
	if s.options.Greedy() {
		return best
	}
	s.gather(logits, float64(logits[best]))
	if len(s.candidates) == 0 { // the logits are not numbers
		return best
	}
	return s.draw(s.cut())
}

func argmax(logits []float32) int32 {
	best := 0
	for i := range logits {
		if logits[i] > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// negligible is a weight that no one will miss: 200,000 tokens of it are together 3·10⁻⁶ of the best one. Leaving them
// out keeps the sorting short.
const negligible = 1.4e-11 // e⁻²⁵

// gather lists the tokens worth drawing from, most likely first, the lower number first among equals.
func (s *Sampler) gather(logits []float32, best float64) {
	s.candidates = s.candidates[:0]
	for i, l := range logits {
		if w := math.Exp((float64(l) - best) / s.options.Temperature); w > negligible {
			s.candidates = append(s.candidates, candidate{int32(i), w})
		}
	}
	slices.SortStableFunc(s.candidates, func(a, b candidate) int { return cmp.Compare(b.weight, a.weight) })
}

// cut keeps the candidates that every option admits, at least one.
func (s *Sampler) cut() []candidate {
	o, all := s.options, s.candidates
	if o.TopK > 0 {
		all = all[:min(o.TopK, len(all))]
	}
	if o.TopP > 0 && o.TopP < 1 {
		all = all[:nucleus(all, o.TopP)]
	}
	n := len(all)
	for n > 1 && all[n-1].weight < o.MinP {
		n--
	}
	return all[:n]
}

// nucleus is how many of the most likely candidates together reach probability p.
func nucleus(all []candidate, p float64) int {
	want := p * sum(all)
	for i, c := range all {
		if want -= c.weight; want <= 0 {
			return i + 1
		}
	}
	return len(all)
}

func (s *Sampler) draw(from []candidate) int32 {
	at := s.random.Float64() * sum(from)
	for _, c := range from {
		if at -= c.weight; at < 0 {
			return c.token
		}
	}
	return from[len(from)-1].token
}

func sum(all []candidate) (total float64) {
	for _, c := range all {
		total += c.weight
	}
	return total
}
