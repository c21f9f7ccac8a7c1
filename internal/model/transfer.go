package model

import (
	"context"
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// ReadBack brings an F32 tensor back from the device, nil for no tensor: small ones of which the CPU makes a table.
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

// Write fills the beginning of an F32 tensor.
func Write(b ops.Backend, t *ops.Tensor, x []float32) error { return b.Write(t, 0, floatBytes(x)) }

// floatBytes are F32 numbers as a backend wants them.
func floatBytes(x []float32) []byte {
	data := make([]byte, quant.F32.RowBytes(len(x)))
	quant.Quantize(quant.F32, data, x)
	return data
}

// words are U32 numbers as a backend wants them.
func words(x ...uint32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, w := range x {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}
