package ref

import (
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
)

// Router chooses each token's experts.
func (b *Backend) Router(dst, x, w, slots *ops.Tensor) {
	ops.CheckRouter(dst, x, w, slots)
	b.recordRouter(func() (missing bool) {
		for t := range x.Dim(1) {
			choices := words(dst.Rows(t, 1))
			chooseExperts(choices, routerLogits(floats(x.Rows(t, 1)), w))
			missing = setSlots(choices, slots) || missing
		}
		return missing
	})
}

// setSlots writes the slots of the chosen experts and reports whether one of them is missing.
func setSlots(choices []uint32, slots *ops.Tensor) (missing bool) {
	for j := 0; j < len(choices); j += ops.ChoiceWords {
		slot := slotOf(slots, int(choices[j+ops.ChoiceExpert]))
		choices[j+ops.ChoiceSlot] = slot
		missing = missing || slot == ops.Missing
	}
	return missing
}

// slotOf returns the slot of an expert, or ops.Missing.
func slotOf(slots *ops.Tensor, expert int) uint32 {
	if slots == nil {
		return uint32(expert)
	}
	return words(slots)[expert]
}

// routerLogits returns the product of each expert's row of w with x.
func routerLogits(x []float32, w *ops.Tensor) []float32 {
	logits := make([]float32, w.Dim(1))
	for e := range logits {
		logits[e] = float32(dot(row(w, e, nil), x))
	}
	return logits
}

// chooseExperts writes the experts with the largest logits and their weights, best first. It overwrites logits.
func chooseExperts(choices []uint32, logits []float32) {
	for j := 0; j < len(choices); j += ops.ChoiceWords {
		e := largest(logits)
		choices[j+ops.ChoiceExpert] = uint32(e)
		choices[j+ops.ChoiceWeight] = math.Float32bits(float32(sigmoid(float64(logits[e]))))
		logits[e] = float32(math.Inf(-1))
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// word returns one of the words of choice number c = token·k + j.
func word(choice *ops.Tensor, c, which int) uint32 { return words(choice)[ops.ChoiceWords*c+which] }

// weightOf returns the weight of choice number c.
func weightOf(choice *ops.Tensor, c int) float64 {
	return float64(math.Float32frombits(word(choice, c, ops.ChoiceWeight)))
}

// inSlot returns the matrix in a slot of stack [hidden, rows, numSlots]. It panics if there is no such slot.
func inSlot(stack *ops.Tensor, slot uint32) *ops.Tensor {
	if int64(slot) >= int64(stack.Dim(2)) {
		panic(fmt.Sprintf("ref: %v has no slot %d", stack, slot))
	}
	m := *stack
	m.Shape = ops.Shape{stack.Dim(0), stack.Dim(1)}
	m.First += int(slot) * m.Shape.Elems()
	return &m
}

// SwigluIDVec is the first half of the feed-forward of one token's experts.
func (b *Backend) SwigluIDVec(dst, x, choice *ops.Tensor, e ops.Experts) {
	ops.CheckSwigluIDVec(dst, x, choice, e)
	b.record(func() {
		h, width := floats(dst), e.Gate.Dim(1)
		for j := range choice.Dim(0) / ops.ChoiceWords {
			slot := word(choice, j, ops.ChoiceSlot)
			gatedHalf(h[j*width:(j+1)*width], floats(x), weightOf(choice, j), inSlot(e.Gate, slot), inSlot(e.Up, slot))
		}
		shared := h[len(h)-e.SharedGate.Dim(1):]
		gatedHalf(shared, floats(x), 1, e.SharedGate, e.SharedUp)
	})
}

// gatedHalf computes h = silu(gate·sx) * (up·sx).
func gatedHalf(h, x []float32, s float64, gate, up *ops.Tensor) {
	parallel(len(h), func(r, end int) {
		scratch := make([]float32, len(x))
		for ; r < end; r++ {
			g := s * dot(row(gate, r, scratch), x)
			h[r] = float32(silu(g) * s * dot(row(up, r, scratch), x))
		}
	})
}

// MulMatIDVec is the second half of the feed-forward of one token's experts, with the residual.
func (b *Backend) MulMatIDVec(dst, h, choice *ops.Tensor, e ops.Experts) {
	ops.CheckMulMatIDVec(dst, h, choice, e)
	b.record(func() {
		halves, down := floats(h), []*ops.Tensor{}
		for j := range choice.Dim(0) / ops.ChoiceWords {
			down = append(down, inSlot(e.Down, word(choice, j, ops.ChoiceSlot)))
		}
		down = append(down, e.SharedDown)
		out := floats(dst)
		parallel(len(out), func(r, end int) {
			for ; r < end; r++ {
				out[r] = float32(float64(out[r]) + dotRows(down, r, halves))
			}
		})
	})
}

// dotRows returns the dot product of x with row r of all matrices, one after another.
func dotRows(matrices []*ops.Tensor, r int, x []float32) (sum float64) {
	for _, m := range matrices {
		width := m.Dim(0)
		sum += dot(row(m, r, make([]float32, width)), x[:width])
		x = x[width:]
	}
	return sum
}

// GroupTokens lists the choices by expert.
func (b *Backend) GroupTokens(dst, choice *ops.Tensor) {
	numExperts := ops.CheckGroupTokens(dst, choice)
	b.record(func() {
		out := words(dst)
		starts, list := out[:numExperts+1], out[numExperts+1:]
		n := 0
		for e := range numExperts {
			starts[e] = uint32(n)
			for c := range list {
				if word(choice, c, ops.ChoiceExpert) == uint32(e) {
					list[n] = uint32(c)
					n++
				}
			}
		}
		starts[numExperts] = uint32(n)
	})
}

// MulMatID multiplies each choice's vector with its expert's matrices.
func (b *Backend) MulMatID(p ops.ProductID) {
	ops.CheckMulMatID(p)
	b.record(func() {
		first := 0
		for _, w := range p.W {
			parallel(w.Dim(1), func(r, end int) {
				for ; r < end; r++ {
					multiplyChoices(p, w, r, first+r)
				}
			})
			first += w.Dim(1)
		}
	})
}

// multiplyChoices computes element `at` of each choice's product: row r of its expert's matrix · its vector. It takes
// the choices expert by expert, so that each row is read once.
func multiplyChoices(p ops.ProductID, w *ops.Tensor, r, at int) {
	numExperts := p.Groups.Shape.Elems() - 1 - p.Dst.Dim(1)
	starts, list := words(p.Groups)[:numExperts+1], words(p.Groups)[numExperts+1:]
	k, scratch := p.Choice.Dim(0)/ops.ChoiceWords, make([]float32, w.Dim(0))
	for e := range numExperts {
		slot := slotOf(p.Slots, e)
		if starts[e] == starts[e+1] || slot == ops.Missing {
			continue
		}
		weights := row(inSlot(w, slot), r, scratch)
		for _, c := range list[starts[e]:starts[e+1]] {
			column, weight := int(c), 1.0
			if !p.PerChoice {
				column, weight = int(c)/k, weightOf(p.Choice, int(c))
			}
			floats(p.Dst.Rows(int(c), 1))[at] = float32(weight * dot(weights, floats(p.X.Rows(column, 1))))
		}
	}
}

// AddExperts adds the experts' results to the residual stream.
func (b *Backend) AddExperts(dst, y *ops.Tensor) {
	k := ops.CheckAddExperts(dst, y)
	b.record(func() {
		for t := range dst.Dim(1) {
			out := floats(dst.Rows(t, 1))
			for i := range out {
				sum := float64(out[i])
				for j := range k {
					sum += float64(floats(y.Rows(t*k+j, 1))[i])
				}
				out[i] = float32(sum)
			}
		}
	})
}
