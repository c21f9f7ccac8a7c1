package ops

// MoE is the part of the op set that routed experts need. A feed-forward of experts is, in decode,
//
//	Router → SwigluIDVec → MulMatIDVec
//
// three dispatches with the shared expert and the residual inside; in prefill
//
//	Router → GroupTokens → MulMatID → Swiglu → MulMatID → AddExperts
//
// beside the shared expert's ordinary MulMat, Swiglu, MulMat. Nothing comes back to the CPU on the way.
type MoE interface {
	// Router chooses each token's k experts: those with the largest of the logits w·x, the lowest number on a tie, best
	// first. The weight of a choice is sigmoid(logit), in F32: nothing is normalised.
	// dst U32 [2k, n]: expert, bits of its F32 weight · x F32 [hidden, n] · w F32 [hidden, numExperts], numExperts ≤ 256
	Router(dst, x, w *Tensor)

	// SwigluIDVec is the first half of the feed-forward of one token's experts; see Experts. For the j-th choice (e, s)
	// h[j·width:] = silu(s·gate_e·x) * (s·up_e·x): the weight scales the expert's input. The shared expert's half
	// follows the last choice, unscaled.
	// dst F32 [k·width + sharedWidth, 1] · x F32 [hidden, 1] · choice U32 [2k, 1]
	SwigluIDVec(dst, x, choice *Tensor, e Experts)

	// MulMatIDVec is the second half, with the residual: dst += Σ_j down_e(j)·h[j·width:] + sharedDown·h[k·width:].
	// dst F32 [hidden, 1] · h F32 [k·width + sharedWidth, 1] · choice U32 [2k, 1]
	MulMatIDVec(dst, h, choice *Tensor, e Experts)

	// GroupTokens lists the choices of n tokens by expert: those of expert 0 first, in the order of their tokens.
	// dst U32 [numExperts + 1 + n·k]: where each expert's list begins, their total n·k, then the lists. A choice is
	// numbered token·k + j.  choice U32 [2k, n]
	GroupTokens(dst, choice *Tensor)

	// MulMatID multiplies each choice's vector with its expert's matrices, stacked along dst's rows; see ProductID.
	MulMatID(p ProductID)

	// AddExperts adds what the experts made to the residual stream: dst[:, t] += Σ_j y[:, t·k + j].
	// dst F32 [hidden, n] · y F32 [hidden, n·k]
	AddExperts(dst, y *Tensor)
}

// Experts are one layer's feed-forwards: routed ones, of which a token uses k, and the shared one, which every token
// uses. Slots says which expert lies where in the routed tensors' last dimension.
type Experts struct {
	Gate, Up *Tensor // [hidden, width, numSlots]
	Down     *Tensor // [width, hidden, numSlots]

	SharedGate, SharedUp *Tensor // [hidden, sharedWidth]
	SharedDown           *Tensor // [sharedWidth, hidden]
}

// ProductID is dst[:, c] = W₀_e·(s·x[:, c/k]) | W₁_e·(s·x[:, c/k]) for every choice c of expert e with weight s, or,
// when X has a column for each choice, dst[:, c] = W_e·x[:, c] without the weight: the second half's input already
// carries it.
type ProductID struct {
	Dst       *Tensor   // F32 [ΣW.rows, n·k]
	X         *Tensor   // F32 [hidden, n], or [hidden, n·k] when PerChoice
	W         []*Tensor // one or two, each [hidden, rows, numSlots]
	Choice    *Tensor   // U32 [2k, n]
	Groups    *Tensor   // U32 [numExperts + 1 + n·k], by GroupTokens
	PerChoice bool
}
