package optest

import (
	"fmt"
	"math"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// routing is n tokens that choose k of numExperts experts each.
type routing struct{ numExperts, k, n int }

// String returns the shapes, as the name of a case.
func (r routing) String() string { return fmt.Sprintf("experts=%d k=%d n=%d", r.numExperts, r.k, r.n) }

// routings returns the ones that a kernel may get wrong for n tokens: fewer choices than experts, so that lists are
// empty, and many more, so that each list fills several tiles.
func routings(n int) []routing {
	var all []routing
	for _, numExperts := range []int{4, 16, 128} {
		for k := 1; k <= 3; k++ {
			all = append(all, routing{numExperts, k, n})
		}
	}
	return all
}

// chooser returns the j-th expert of a token.
type chooser func(token, j int) int

// chooserOrSpread returns of, or spread(r) if of is nil.
func (x *Operands) chooserOrSpread(r routing, of chooser) chooser {
	if of == nil {
		return x.spread(r)
	}
	return of
}

// spread returns a chooser of k different random experts for each token.
func (x *Operands) spread(r routing) chooser {
	experts := make([][]int, r.n)
	for t := range experts {
		experts[t] = x.rand.Perm(r.numExperts)[:r.k]
	}
	return func(token, j int) int { return experts[token][j] }
}

// choice returns choices as a router may write them: a row view U32 [ChoiceWords·k, n], with random weights. The
// experts are in the slots from the last one down; if there are fewer slots than experts, several are in one.
func (x *Operands) choice(r routing, of chooser, numSlots int) *ops.Tensor {
	x.t.Helper()
	var all []uint32
	for t := range r.n {
		for j := range r.k {
			expert := of(t, j)
			all = append(all, uint32(expert), uint32(numSlots-1-expert%numSlots), math.Float32bits(x.rand.Float32()))
		}
	}
	return x.view("choice", quant.U32, ops.ChoiceWords*r.k, all, 0xffffffff)
}

// slots returns a table with random experts in the slots and all other experts Missing.
func (x *Operands) slots(numExperts, numSlots int) *ops.Tensor {
	x.t.Helper()
	table := slices.Repeat([]uint32{ops.Missing}, numExperts)
	for slot, expert := range x.rand.Perm(numExperts)[:min(numSlots, numExperts)] {
		table[expert] = uint32(slot)
	}
	return x.Indices("slots", table)
}

// groups returns the choices as GroupTokens lists them.
func (x *Operands) groups(r routing, of chooser) *ops.Tensor {
	x.t.Helper()
	begins, lists := []uint32{0}, []uint32{}
	for e := range r.numExperts {
		for c := range r.n * r.k {
			if of(c/r.k, c%r.k) == e {
				lists = append(lists, uint32(c))
			}
		}
		begins = append(begins, uint32(len(lists)))
	}
	all := append(begins, lists...)
	return x.view("groups", quant.U32, len(all), all, 0xffffffff)
}

// feedForward is the shapes of a layer's experts.
type feedForward struct {
	routing
	types                      [6]quant.Type // gate, up, down; the same of the shared expert
	hidden, width, sharedWidth int
	numSlots                   int // 0 stands for one slot for each expert
}

// String returns the shapes, as the name of a case.
func (f feedForward) String() string {
	return fmt.Sprintf("%v %v hidden=%d width=%d+%d slots=%d",
		f.types, f.routing, f.hidden, f.width, f.sharedWidth, f.slots())
}

// slots returns the number of slots.
func (f feedForward) slots() int {
	if f.numSlots == 0 {
		return f.numExperts
	}
	return f.numSlots
}

// choice returns random choices of one token, spread over the slots.
func (f feedForward) choice(x *Operands) *ops.Tensor {
	return x.choice(f.routing, x.spread(f.routing), f.slots())
}

// experts returns random weights for what one half of the feed-forward reads; the other tensors have no data.
func (f feedForward) experts(x *Operands, firstHalf bool) ops.Experts {
	weight := func(i int, read bool, shape ...int) *ops.Tensor {
		if read {
			return x.Weight(f.types[i], shape...)
		}
		return &ops.Tensor{Name: "unread", Type: f.types[i], Shape: shape}
	}
	return ops.Experts{
		Gate:       weight(0, firstHalf, f.hidden, f.width, f.slots()),
		Up:         weight(1, firstHalf, f.hidden, f.width, f.slots()),
		Down:       weight(2, !firstHalf, f.width, f.hidden, f.slots()),
		SharedGate: weight(3, firstHalf, f.hidden, f.sharedWidth),
		SharedUp:   weight(4, firstHalf, f.hidden, f.sharedWidth),
		SharedDown: weight(5, !firstHalf, f.sharedWidth, f.hidden),
	}
}

// edgeFeedForwards returns the shapes for one token that a kernel may get wrong: each type, alone and mixed with
// others, at widths that leave invocations idle and let the rows of a workgroup belong to two experts. The number of
// rows in this half is kept small.
func edgeFeedForwards(firstHalf bool) []feedForward {
	var all []feedForward
	for i, t := range weightTypes {
		types := [6]quant.Type{t, t, t, t, t, t}
		unit := max(t.BlockWeights(), 12)
		all = append(all, feedForward{routing{16, 1 + i%3, 1}, types, 2 * unit, unit, 3 * unit, 0}.withFewRows(firstHalf))
		for j := range types {
			types[j] = weightTypes[(i+2*j)%len(weightTypes)]
		}
		r := routing{[]int{4, 128, 16}[i%3], 1 + (i+1)%3, 1}
		all = append(all, feedForward{r, types, 256, 256, 512, 0}.withFewRows(firstHalf))
	}
	for _, numSlots := range []int{1, 5, 20} {
		q := [6]quant.Type{quant.Q6_K, quant.Q4_K, quant.Q8_0, quant.Q4_K, quant.Q4_K, quant.Q4_K}
		f := feedForward{routing{16, 3, 1}, q, 256, 256, 256, numSlots}
		all = append(all, f.withFewRows(firstHalf))
	}
	mixed := [6]quant.Type{quant.Q8_0, quant.Q8_0, quant.Q4_0, quant.Q4_0, quant.Q4_1, quant.Q8_0}
	floats := [6]quant.Type{quant.F16, quant.F32, quant.BF16, quant.BF16, quant.F16, quant.F32}
	return append(all,
		feedForward{routing{4, 3, 1}, floats, 588, 36, 4, 0},
		feedForward{routing{128, 1, 1}, floats, 36, 588, 100, 0},
		feedForward{routing{4, 4, 1}, floats, 36, 32, 20, 0},
		feedForward{routing{4, 1, 1}, floats, 36, 20, 32, 0},
		feedForward{routing{16, 2, 1}, mixed, 96, 32, 160, 0},
		scoutLike(quant.Q4_K), scoutLike(quant.Q4_1))
}

// withFewRows returns f with few rows in the half that is tested.
func (f feedForward) withFewRows(firstHalf bool) feedForward {
	if firstHalf {
		f.width, f.sharedWidth = 20, 36
	} else {
		f.hidden = 20
	}
	return f
}

// scoutLike returns a layer of Scout with a quarter of its hidden size and an eighth of its width.
func scoutLike(t quant.Type) feedForward {
	return feedForward{routing{16, 1, 1}, [6]quant.Type{t, t, t, t, t, t}, 1280, 1024, 1024, 0}
}

// bytes returns how many bytes one token reads of numMatrices matrices [hidden, width], routed and shared.
func (f feedForward) bytes(numMatrices int) int64 {
	return int64(numMatrices) * int64(f.types[0].RowBytes(f.hidden*(f.k*f.width+f.sharedWidth)))
}
