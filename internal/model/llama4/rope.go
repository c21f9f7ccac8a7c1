package llama4

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
)

// scoutFactor is what the slow pairs of a current Scout file are divided by.
const scoutFactor = 16

// prepareRope makes the table that rotating layers look angles up in. Attention within a chunk depends only on
// differences of positions, so one chunk of them is enough and exact at any distance (§2.4).
func (n *network) prepareRope(ctx context.Context, a *model.Arena, positions int) (warnings []string, err error) {
	divisors, err := model.ReadBack(ctx, a.Backend, n.ropeDivisors)
	if err != nil {
		return nil, err
	}
	if n.window > 0 {
		positions = min(positions, n.window)
	}
	table := model.RopeTable(model.RopeFrequencies(n.ropeDims, n.ropeBase, divisors), positions)
	n.ropeTable = a.Floats("rope", table, n.ropeDims, positions)
	return staleRope(divisors), nil
}

// staleRope warns of files made in the first days after the release, whose scaling Meta corrected later. They work,
// and worsen with distance.
func staleRope(divisors []float32) []string {
	if len(divisors) == 0 || divisors[len(divisors)-1] == scoutFactor {
		return nil
	}
	return []string{fmt.Sprintf("this file has a rope scaling of %g where Llama 4 Scout has %d: it was made before Meta "+
		"corrected the model, and long conversations may suffer; a newer file of the model is better",
		divisors[len(divisors)-1], scoutFactor)}
}
