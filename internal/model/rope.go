package model

import (
	"context"
	"math"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// RopeTable is cos, sin of the angle of each pair at each position: [2·pairs, positions]. frequencies are radians a
// position. Angles grow with the position, so they are made in float64.
func RopeTable(frequencies []float64, positions int) []float32 {
	table := make([]float32, 0, 2*len(frequencies)*positions)
	for p := range positions {
		for _, f := range frequencies {
			sin, cos := math.Sincos(float64(p) * f)
			table = append(table, float32(cos), float32(sin))
		}
	}
	return table
}

// RopeFrequencies is radians a position of each pair: base^(-2k/dims) / divisors[k] for pair k. divisors may be nil.
func RopeFrequencies(dims int, base float64, divisors []float32) []float64 {
	f := make([]float64, dims/2)
	for k := range f {
		f[k] = math.Pow(base, -2*float64(k)/float64(dims))
		if divisors != nil {
			f[k] /= float64(divisors[k])
		}
	}
	return f
}

// ReadBack brings an F32 tensor back from the device, nil for no tensor: rope_freqs.weight, of which a table is made
// on the CPU.
func ReadBack(ctx context.Context, b ops.Backend, t *ops.Tensor) ([]float32, error) {
	if t == nil {
		return nil, nil
	}
	numbers := make([]float32, t.Shape.Elems())
	data, err := ops.Read(ctx, b, t, 0, quant.F32.RowBytes(len(numbers)))
	if err != nil {
		return nil, err
	}
	quant.Dequantize(quant.F32, numbers, data)
	return numbers, nil
}
