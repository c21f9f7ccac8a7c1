// Package sample chooses the next token from logits. It does not know what a token means. The same options, seed and
// logits lead to the same tokens on every machine.
package sample

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Options change the distribution from which tokens are drawn. A field that is 0 does not change it, except
// Temperature.
type Options struct {
	Temperature float64 // divisor of the logits; 0 always chooses the most likely token
	TopK        int     // draw from the k most likely tokens only
	TopP        float64 // draw only from the most likely tokens that together have this probability
	MinP        float64 // draw only from tokens that have at least this fraction of the highest probability
	Seed        uint64  // seed of the random numbers
}

// Greedy reports whether the most likely token is always chosen.
func (o Options) Greedy() bool { return o.Temperature <= 0 }

// Sampler draws the tokens of one answer.
type Sampler struct {
	options    Options
	random     *rand.Rand
	candidates []candidate
}

// candidate is a token that may be drawn. Its weight is relative to that of the most likely token, which is 1.
type candidate struct {
	token  int32
	weight float64
}

// New returns a sampler for one answer.
func New(o Options) *Sampler {
	return &Sampler{options: o, random: rand.New(rand.NewPCG(o.Seed, 0))}
}

// Sample draws a token. logits, [vocabulary size], must not be empty.
func (s *Sampler) Sample(logits []float32) int32 {
	best := argmax(logits)
	if s.options.Greedy() {
		return best
	}
	s.collect(logits, float64(logits[best]))
	if len(s.candidates) == 0 { // the logits are NaN
		return best
	}
	return s.draw(s.filter())
}

// argmax returns the index of the largest number, the first of equal ones.
func argmax(logits []float32) int32 {
	best := 0
	for i := range logits {
		if logits[i] > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// negligible is the weight below which tokens are left out, which makes sorting faster: 200,000 tokens of this weight
// together have 3·10⁻⁶ of the highest weight.
const negligible = 1.4e-11 // e⁻²⁵

// collect lists the tokens above negligible, the most likely first, the lower id first among equals.
func (s *Sampler) collect(logits []float32, best float64) {
	s.candidates = s.candidates[:0]
	for i, l := range logits {
		if w := math.Exp((float64(l) - best) / s.options.Temperature); w > negligible {
			s.candidates = append(s.candidates, candidate{int32(i), w})
		}
	}
	slices.SortStableFunc(s.candidates, func(a, b candidate) int { return cmp.Compare(b.weight, a.weight) })
}

// filter returns the candidates that all options allow, at least one.
func (s *Sampler) filter() []candidate {
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

// nucleus returns how many of the most likely candidates are needed for a total probability of p.
func nucleus(all []candidate, p float64) int {
	missing := p * sum(all)
	for i, c := range all {
		if missing -= c.weight; missing <= 0 {
			return i + 1
		}
	}
	return len(all)
}

// draw draws one of the candidates by their weights.
func (s *Sampler) draw(from []candidate) int32 {
	at := s.random.Float64() * sum(from)
	for _, c := range from {
		if at -= c.weight; at < 0 {
			return c.token
		}
	}
	return from[len(from)-1].token
}

// sum returns the sum of the weights.
func sum(all []candidate) (total float64) {
	for _, c := range all {
		total += c.weight
	}
	return total
}
