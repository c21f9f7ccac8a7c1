package engine

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Products of a matrix and a vector are almost all that a token computes, so one of each type is timed, large enough not to
// stay in a GPU's cache.
const (
	probeWidth = 4096                   // elements of the vector
	probeBytes = 32 << 20               // of the matrix
	probeTime  = 100 * time.Millisecond // after which a type's speed is known well enough
	probeShare = 0.01                   // of a token's weights; types with less are left out
)

// ComputeSeconds measures on b how long a token takes that misses nothing: as long as its products with the weights.
// Attention to what was said before is not counted. Errors: those of b.
func (p *Plan) ComputeSeconds(ctx context.Context, b ops.Backend) (seconds float64, err error) {
	multiplied, all := p.multiplied()
	for t, bytes := range multiplied {
		if float64(bytes) < probeShare*float64(all) {
			continue
		}
		speed, err := productSpeed(ctx, b, t)
		if err != nil {
			return 0, err
		}
		seconds += float64(bytes) / speed
	}
	return seconds, nil
}

// multiplied is how many bytes of weights of each type a token is multiplied with: of routed experts those it uses, and
// of an embedding nothing, unless it is the output's matrix too.
func (p *Plan) multiplied() (bytes map[quant.Type]int64, all int64) {
	routed := model.RoutedTensorsOf(p.family, p.header, Options{}.Options)
	_, headed := p.file.Tensor("output.weight")
	bytes = map[quant.Type]int64{}
	for _, t := range p.file.Tensors {
		n := t.Size
		switch {
		case len(t.Dims) < 2 || headed && t.Name == "token_embd.weight":
			continue
		case len(t.Dims) == 3:
			n = n / int64(routed.NumExperts) * int64(routed.NumExpertsUsed)
		}
		bytes[t.Type] += n
		all += n
	}
	return bytes, all
}

// productSpeed is how many bytes of weights of a type b multiplies a second.
func productSpeed(ctx context.Context, b ops.Backend, t quant.Type) (float64, error) {
	rowBytes := probeWidth / t.BlockWeights() * t.BlockBytes()
	rows := probeBytes / rowBytes / 4 * 4
	a := &model.Arena{Backend: b}
	defer a.Free()
	x, w, dst := a.New("probe.x", quant.F32, probeWidth, 1), a.New("probe.w", t, probeWidth, rows), a.New("probe.dst", quant.F32, rows, 1)
	if err := a.Err(); err != nil {
		return 0, err
	}
	product, err := b.Record("probe", func() { b.MulMatVec(ops.Product{Dst: dst, X: x, W: []*ops.Tensor{w}}) })
	if err != nil {
		return 0, err
	}
	defer product.Release()
	seconds, err := secondsOf(func(times int) error {
		for range times {
			if err := product.Run(); err != nil {
				return err
			}
		}
		_, err := ops.Read(ctx, b, dst, 0, 4)
		return err
	})
	return float64(rows*rowBytes) / seconds, err
}

// secondsOf times what run does once, by having it done more and more often. The first time does not count: buffers get
// their zeros then.
func secondsOf(run func(times int) error) (float64, error) {
	if err := run(1); err != nil {
		return 0, err
	}
	for times := 1; ; times *= 2 {
		start := time.Now()
		if err := run(times); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= probeTime {
			return took.Seconds() / float64(times), nil
		}
	}
}
