package engine

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// A token's time is almost entirely products of a matrix and a vector, so one product of each weight type is timed. The
// matrix is too large for a GPU's cache.
const (
	probeWidth = 4096                   // elements of the vector
	probeBytes = 32 << 20               // size of the matrix
	probeTime  = 100 * time.Millisecond // a measurement takes at least so long
	probeShare = 0.01                   // types with a smaller share of the weights that a token uses are left out
)

// ComputeSeconds measures on b how long a token takes that misses no expert: the time of its products with the weights.
// Attention to earlier tokens is not counted. Errors: those of b.
func (p *Plan) ComputeSeconds(ctx context.Context, b ops.Backend) (seconds float64, err error) {
	weights, total := p.weightsOfToken()
	for t, bytes := range weights {
		if float64(bytes) < probeShare*float64(total) {
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

// weightsOfToken returns the size of the weights of each type that a token is multiplied with. Only the routed experts
// that it uses count, and the embedding counts only when it is also the matrix of the output.
func (p *Plan) weightsOfToken() (bytes map[quant.Type]int64, total int64) {
	routed := model.RoutedTensorsOf(p.family, p.header, Options{}.Options)
	_, hasHead := p.file.Tensor("output.weight")
	bytes = map[quant.Type]int64{}
	for _, t := range p.file.Tensors {
		n := t.Size
		switch {
		case len(t.Dims) < 2 || hasHead && t.Name == "token_embd.weight":
			continue
		case len(t.Dims) == 3:
			n = n / int64(routed.NumExperts) * int64(routed.NumExpertsUsed)
		}
		bytes[t.Type] += n
		total += n
	}
	return bytes, total
}

// productSpeed measures how many bytes of weights of a type b multiplies with in a second.
func productSpeed(ctx context.Context, b ops.Backend, t quant.Type) (float64, error) {
	rowBytes := probeWidth / t.BlockWeights() * t.BlockBytes()
	rows := probeBytes / rowBytes / 4 * 4
	a := &model.Arena{Backend: b}
	defer a.Free()
	x, w, dst := a.New("probe.x", quant.F32, probeWidth, 1), a.New("probe.w", t, probeWidth, rows),
		a.New("probe.dst", quant.F32, rows, 1)
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

// secondsOf measures how long run(1) takes, by running it with increasing numbers of times until that takes probeTime.
// The first run is not measured, because new buffers are cleared then.
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
