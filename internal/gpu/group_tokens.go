package gpu

import (
	"strconv"

	"github.com/outrider-web/outrider/internal/ops"
)

// GroupTokens dispatches group_tokens, a workgroup for each expert.
func (b *Backend) GroupTokens(dst, choice *ops.Tensor) {
	numExperts := ops.CheckGroupTokens(dst, choice)
	lanes := 64
	if b.kind.SlowBarriers {
		lanes = 4
	}
	b.dispatch(dispatch{
		op:      "group_tokens",
		defines: map[string]string{"LANES": strconv.Itoa(lanes)},
		bind:    []*ops.Tensor{dst, choice},
		params:  words(choice.Shape.Elems()/ops.ChoiceWords, numExperts, dst.First, choice.First/ops.ChoiceWords),
		grid:    [3]int{numExperts, 1, 1},
	})
}
