package ops

import "math"

// MoE is the part of the op set that routed experts use. A mixture-of-experts feed-forward is, in decode,
//
//	Router → SwigluIDVec → MulMatIDVec
//
// three dispatches that include the shared expert and the residual; in prefill
//
//	Router → GroupTokens → MulMatID → Swiglu → MulMatID → AddExperts
//
// beside the ordinary MulMat, Swiglu, MulMat of the shared expert. Nothing is read back to the CPU in between.
type MoE interface {
	// Router chooses each token's k experts: those with the largest of the logits w·x, the lowest number on a tie, best
	// first. The weight of a choice is sigmoid(logit), in F32: nothing is normalised. slots holds the slot of each
	// expert, or Missing; if it is nil, expert e is in slot e.
	// dst U32 [ChoiceWords·k, n] · x F32 [hidden, n] · w F32 [hidden, numExperts], numExperts ≤ 256
	// slots U32 [numExperts]
	Router(dst, x, w, slots *Tensor)

	// SwigluIDVec is the first half of the feed-forward of one token's experts; see Experts. For the j-th choice (e, s)
	// h[j·width:] = silu(s·gate_e·x) * (s·up_e·x): the weight scales the expert's input. The shared expert's half
	// follows the last choice, unscaled.
	// dst F32 [k·width + sharedWidth, 1] · x F32 [hidden, 1] · choice U32 [ChoiceWords·k, 1], no slot Missing
	SwigluIDVec(dst, x, choice *Tensor, e Experts)

	// MulMatIDVec is the second half, with the residual: dst += Σ_j down_e(j)·h[j·width:] + sharedDown·h[k·width:].
	// dst F32 [hidden, 1] · h F32 [k·width + sharedWidth, 1] · choice U32 [ChoiceWords·k, 1], no slot Missing
	MulMatIDVec(dst, h, choice *Tensor, e Experts)

	// GroupTokens lists the choices of n tokens by expert: those of expert 0 first, in the order of their tokens.
	// dst U32 [numExperts + 1 + n·k]: where each expert's list begins, their total n·k, then the lists. A choice is
	// numbered token·k + j.  choice U32 [ChoiceWords·k, n]; the slots are not read
	GroupTokens(dst, choice *Tensor)

	// MulMatID multiplies each choice's vector with its expert's matrices, stacked along dst's rows; see ProductID.
	MulMatID(p ProductID)

	// AddExperts adds the experts' results to the residual stream: dst[:, t] += Σ_j y[:, t·k + j].
	// dst F32 [hidden, n] · y F32 [hidden, n·k]
	AddExperts(dst, y *Tensor)
}

// A choice is three words that Router writes for each of a token's k experts.
const (
	ChoiceExpert = 0 // number of the expert
	ChoiceSlot   = 1 // its slot, an index of the last dimension of the routed tensors, or Missing
	ChoiceWeight = 2 // bits of its F32 weight
	ChoiceWords  = 3
)

// Missing is the slot of an expert that is in no slot.
const Missing = math.MaxUint32

// Experts are the feed-forwards of one layer: the routed experts, of which a token uses k, and the shared expert, which
// every token uses. The routed tensors hold one expert in each slot; the choices say which slots to read.
type Experts struct {
	Gate, Up *Tensor // [hidden, width, numSlots]
	Down     *Tensor // [width, hidden, numSlots]

	SharedGate, SharedUp *Tensor // [hidden, sharedWidth]
	SharedDown           *Tensor // [sharedWidth, hidden]
}

// ProductID is dst[:, c] = W₀_e·(s·x[:, c/k]) | W₁_e·(s·x[:, c/k]) for every choice c of expert e with weight s, or,
// when X has a column for each choice, dst[:, c] = W_e·x[:, c] without the weight: the second half's input already
// includes it. The columns of an expert whose slot is Missing stay as they are, so that the experts of a batch can be
// computed in several calls.
type ProductID struct {
	Dst       *Tensor   // F32 [ΣW.rows, n·k]
	X         *Tensor   // F32 [hidden, n], or [hidden, n·k] when PerChoice
	W         []*Tensor // one or two, each [hidden, rows, numSlots]
	Choice    *Tensor   // U32 [ChoiceWords·k, n]; the slots are not read
	Groups    *Tensor   // U32 [numExperts + 1 + n·k], by GroupTokens
	Slots     *Tensor   // U32 [numExperts]: the slot of each expert in W, or Missing; nil: expert e is in slot e
	PerChoice bool      // X has a column for each choice
}
