package model

import (
	"context"
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// ReadBack copies an F32 tensor from the device; it returns nil if t is nil. It is for small tensors that the CPU makes
// a table from.
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

// Write copies x to the beginning of an F32 tensor.
func Write(b ops.Backend, t *ops.Tensor, x []float32) error { return b.Write(t, 0, floatBytes(x)) }

// floatBytes returns F32 numbers in the byte order of backends.
func floatBytes(x []float32) []byte {
	data := make([]byte, quant.F32.RowBytes(len(x)))
	quant.Quantize(quant.F32, data, x)
	return data
}

// words returns U32 numbers in the byte order of backends.
func words(x ...uint32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, w := range x {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}
