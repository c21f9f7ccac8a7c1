package llama4

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/model"
)

// scoutFactor divides the frequencies of the slow pairs in current files of Scout.
const scoutFactor = 16

// prepareRope makes the table of angles of the layers with RoPE. Attention within a window depends only on differences
// of positions, so a table of one window is enough, and exact at any position (§2.4).
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
	return ropeWarnings(divisors), nil
}

// ropeWarnings returns a warning for files that were made in the first days after the release, with a scaling that Meta
// corrected later. They work, but get worse in long conversations.
func ropeWarnings(divisors []float32) []string {
	if len(divisors) == 0 || divisors[len(divisors)-1] == scoutFactor {
		return nil
	}
	return []string{fmt.Sprintf("this file has a rope scaling of %g where Llama 4 Scout has %d: it was made before Meta "+
		"corrected the model, and long conversations may suffer; a newer file of the model is better",
		divisors[len(divisors)-1], scoutFactor)}
}
