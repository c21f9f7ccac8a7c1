package experts

import (
	"fmt"
	"strconv"
	"strings"
)

// Policy decides who leaves a layer. It sees what tokens use and what is loaded, and may remember it; what it says
// changes speed alone.
type Policy interface {
	// Used tells that a token uses an expert, resident or not.
	Used(id ID)

	// Loaded tells that an expert lies in a slot now; guessed, that no token has asked for it yet.
	Loaded(id ID, guessed bool)

	// Victim chooses one of the candidates: resident experts of the layer that no token is using, at least one, in the
	// order of their slots. The slice is the caller's.
	Victim(layer int, candidates []int) int
}

// DefaultPolicy is the best on the traces of docs/performance.md.
const DefaultPolicy = "lfu"

// defaultHalfLife is in uses of a layer: with one expert a token, in tokens.
const defaultHalfLife = 32

// NewPolicy makes a policy by its name: "lru", "lfu", "lfu:N" with a half-life of N tokens, or "stale".
func NewPolicy(name string, layers, experts int) (Policy, error) {
	kind, detail, hasDetail := strings.Cut(name, ":")
	switch {
	case kind == "lru" && !hasDetail:
		return NewLRU(layers, experts), nil
	case kind == "stale" && !hasDetail:
		return NewStale(layers, experts), nil
	case kind == "lfu" && !hasDetail:
		return NewLFU(layers, experts, defaultHalfLife), nil
	case kind == "lfu":
		if n, err := strconv.Atoi(detail); err == nil && n > 0 {
			return NewLFU(layers, experts, n), nil
		}
	}
	return nil, fmt.Errorf("unknown policy %q; known are lru, lfu, lfu:N (half-life of N tokens) and stale", name)
}

// grid holds a number for each expert.
type grid [][]uint64

func newGrid(layers, experts int) grid {
	g := make(grid, layers)
	for i := range g {
		g[i] = make([]uint64, experts)
	}
	return g
}

// least is the candidate with the smallest number, the lowest expert on a tie.
func (g grid) least(layer int, candidates []int) int {
	victim := candidates[0]
	for _, e := range candidates[1:] {
		if x, least := g[layer][e], g[layer][victim]; x < least || x == least && e < victim {
			victim = e
		}
	}
	return victim
}

// lru evicts the expert that was used or loaded longest ago.
type lru struct {
	clock uint64
	last  grid
}

// NewLRU evicts the least recently used expert.
func NewLRU(layers, experts int) Policy { return &lru{last: newGrid(layers, experts)} }

func (p *lru) Used(id ID) {
	p.clock++
	p.last[id.Layer][id.Expert] = p.clock
}

func (p *lru) Loaded(id ID, _ bool) { p.Used(id) }

func (p *lru) Victim(layer int, candidates []int) int { return p.last.least(layer, candidates) }

// lfu evicts the expert that was used least; uses count less with time. Scores are whole numbers so that they are the
// same on every machine: a use adds one share, and every halfLife uses of a layer all its scores are halved.
type lfu struct {
	scores   grid
	uses     []int // of each layer since the last halving
	halfLife int
}

const share = 1 << 20

// NewLFU evicts the least frequently used expert; a use counts half after halfLife uses of its layer.
func NewLFU(layers, experts, halfLife int) Policy {
	return &lfu{newGrid(layers, experts), make([]int, layers), halfLife}
}

func (p *lfu) Used(id ID) {
	scores := p.scores[id.Layer]
	scores[id.Expert] += share
	if p.uses[id.Layer]++; p.uses[id.Layer] < p.halfLife {
		return
	}
	p.uses[id.Layer] = 0
	for e := range scores {
		scores[e] /= 2
	}
}

// Loaded lends a guess a use: without one it would be the first to leave, before its token comes.
func (p *lfu) Loaded(id ID, guessed bool) {
	if guessed {
		p.scores[id.Layer][id.Expert] += share
	}
}

func (p *lfu) Victim(layer int, candidates []int) int { return p.scores.least(layer, candidates) }

// stale evicts the expert that has been in its slot longest, however often it was used. This is what is left of
// Least-Stale (arXiv 2602.03921) when every layer has its own slots: experts that no token under way uses are stale and
// leave in the order in which they came; that layers do not evict each other's experts, its other half, goes without
// saying here.
type stale struct {
	clock  uint64
	loaded grid
}

// NewStale evicts the stale expert that was loaded first.
func NewStale(layers, experts int) Policy { return &stale{loaded: newGrid(layers, experts)} }

func (p *stale) Used(ID) {}

func (p *stale) Loaded(id ID, _ bool) {
	p.clock++
	p.loaded[id.Layer][id.Expert] = p.clock
}

func (p *stale) Victim(layer int, candidates []int) int { return p.loaded.least(layer, candidates) }
