package experts

import (
	"fmt"
	"strconv"
	"strings"
)

// Policy decides which expert of a layer is evicted. It is told what tokens use and what is loaded. Its decisions
// change speed and nothing else.
type Policy interface {
	// Used records that a token uses an expert, resident or not.
	Used(id ID)

	// Loaded records that an expert is resident from now on. prefetched says that no token has asked for it yet.
	Loaded(id ID, prefetched bool)

	// Victim returns the expert to evict, one of the candidates: the resident experts of the layer that are not in use, at
	// least one, in the order of their slots. The policy must not keep the slice.
	Victim(layer int, candidates []int) int
}

// DefaultPolicy is the name of the policy that did best on the traces of docs/performance.md.
const DefaultPolicy = "lfu"

// defaultHalfLife counts uses of a layer, which are tokens where a token uses one expert.
const defaultHalfLife = 32

// NewPolicy returns a policy by its name: "lru", "lfu", "lfu:N" with a half-life of N uses of a layer, or "stale".
func NewPolicy(name string, layers, numExperts int) (Policy, error) {
	kind, halfLife, hasHalfLife := strings.Cut(name, ":")
	switch {
	case kind == "lru" && !hasHalfLife:
		return NewLRU(layers, numExperts), nil
	case kind == "stale" && !hasHalfLife:
		return NewStale(layers, numExperts), nil
	case kind == "lfu" && !hasHalfLife:
		return NewLFU(layers, numExperts, defaultHalfLife), nil
	case kind == "lfu":
		if n, err := strconv.Atoi(halfLife); err == nil && n > 0 {
			return NewLFU(layers, numExperts, n), nil
		}
	}
	return nil, fmt.Errorf("unknown policy %q; known are lru, lfu, lfu:N (half-life of N tokens) and stale", name)
}

// scores holds a number for each expert: [layer][expert].
type scores [][]uint64

func newScores(layers, numExperts int) scores {
	s := make(scores, layers)
	for i := range s {
		s[i] = make([]uint64, numExperts)
	}
	return s
}

// lowest returns the candidate with the lowest score; of equal ones, the expert with the lowest number.
func (s scores) lowest(layer int, candidates []int) int {
	victim := candidates[0]
	for _, e := range candidates[1:] {
		if x, lowest := s[layer][e], s[layer][victim]; x < lowest || x == lowest && e < victim {
			victim = e
		}
	}
	return victim
}

// lru implements NewLRU. An expert's score is the time of its last use.
type lru struct {
	clock uint64
	last  scores
}

// NewLRU returns a policy that evicts the expert whose last use or load is longest ago.
func NewLRU(layers, numExperts int) Policy { return &lru{last: newScores(layers, numExperts)} }

// Used implements Policy.
func (p *lru) Used(id ID) {
	p.clock++
	p.last[id.Layer][id.Expert] = p.clock
}

// Loaded implements Policy.
func (p *lru) Loaded(id ID, _ bool) { p.Used(id) }

// Victim implements Policy.
func (p *lru) Victim(layer int, candidates []int) int { return p.last.lowest(layer, candidates) }

// lfu implements NewLFU. Scores are integers so that they are the same on every machine: a use adds useScore, and after
// every halfLife uses of a layer all its scores are halved.
type lfu struct {
	scores   scores
	uses     []int // [layer]: uses since the last halving
	halfLife int
}

const useScore = 1 << 20

// NewLFU returns a policy that evicts the least frequently used expert. A use counts half after halfLife further uses
// of its layer.
func NewLFU(layers, numExperts, halfLife int) Policy {
	return &lfu{newScores(layers, numExperts), make([]int, layers), halfLife}
}

// Used implements Policy.
func (p *lfu) Used(id ID) {
	layer := p.scores[id.Layer]
	layer[id.Expert] += useScore
	if p.uses[id.Layer]++; p.uses[id.Layer] < p.halfLife {
		return
	}
	p.uses[id.Layer] = 0
	for e := range layer {
		layer[e] /= 2
	}
}

// Loaded counts one use of a prefetched expert in advance. Otherwise it would be the first to be evicted, before the
// token that it was prefetched for.
func (p *lfu) Loaded(id ID, prefetched bool) {
	if prefetched {
		p.scores[id.Layer][id.Expert] += useScore
	}
}

// Victim implements Policy.
func (p *lfu) Victim(layer int, candidates []int) int { return p.scores.lowest(layer, candidates) }

// stale implements NewStale. It is the part of Least-Stale (arXiv 2602.03921) that remains when every layer has slots
// of its own: experts that the current token does not use are stale, and are evicted in the order in which they were
// loaded. The other part, that layers do not evict each other's experts, always holds here.
type stale struct {
	clock  uint64
	loaded scores
}

// NewStale returns a policy that evicts the expert that was loaded first, however often it has been used.
func NewStale(layers, numExperts int) Policy { return &stale{loaded: newScores(layers, numExperts)} }

// Used implements Policy.
func (p *stale) Used(ID) {}

// Loaded implements Policy.
func (p *stale) Loaded(id ID, _ bool) {
	p.clock++
	p.loaded[id.Layer][id.Expert] = p.clock
}

// Victim implements Policy.
func (p *stale) Victim(layer int, candidates []int) int { return p.loaded.lowest(layer, candidates) }
