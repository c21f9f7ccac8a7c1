package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// weightTypes are the types that a weight may have.
var weightTypes = quant.WeightTypes

// getRows returns cases that read odd numbers of blocks and rows of every type, to test dequantisation and the layout
// after an upload.
func getRows() []Case {
	var all []Case
	for _, t := range weightTypes {
		for i, n := range tokenCounts {
			all = append(all, getRowsCase(t, []int{1, 3, 5, 2}[i]*t.BlockWeights(), 11, n))
		}
	}
	all = append(all, getRowsCase(quant.F32, 36, 5, 7), getRowsCase(quant.F16, 68, 5, 7))
	big := getRowsCase(quant.Q4_1, 576, 4096, 1)
	big.Bytes = int64(quant.Q4_1.RowBytes(576) + 4*576)
	return append(all, big)
}

func getRowsCase(t quant.Type, width, rows, n int) Case {
	if width < 32 {
		width *= 4 // rows of types without blocks are copied in groups of four numbers
	}
	return Case{
		Op: "get_rows", Name: fmt.Sprintf("%v,width=%d,rows=%d,n=%d", t, width, rows, n), Limit: 1e-13,
		Call: func(x *Operands) {
			ids := make([]uint32, n)
			for i := range ids {
				ids[i] = uint32(x.Rand().IntN(rows))
			}
			ids[n-1] = uint32(rows - 1)
			table, at := x.Weight(t, width, rows), x.Indices("ids", ids)
			dst := x.Output(quant.F32, width, n)
			x.Do(func(o ops.Ops) { o.GetRows(dst, table, at) })
		},
	}
}
