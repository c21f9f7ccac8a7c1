package optest

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
)

func setRows() []Case {
	var all []Case
	for _, width := range []int{4, 64, 100, 5120} {
		for _, n := range tokenCounts {
			all = append(all, setRowsCase(width, n, n), setRowsCase(width, n+5, n))
		}
	}
	big := setRowsCase(5120, 512, 144)
	big.Bytes = 2 * 4 * 5120 * 144
	return append(all, big)
}

// setRowsCase returns a case that writes n rows of a matrix in random order. The other rows must not change.
func setRowsCase(width, rows, n int) Case {
	return Case{
		Op: "set_rows", Name: fmt.Sprintf("width=%d,rows=%d,n=%d", width, rows, n),
		Call: func(x *Operands) {
			ids := make([]uint32, n)
			for i, row := range x.Rand().Perm(rows)[:n] {
				ids[i] = uint32(row)
			}
			dst, src, at := x.Sum("dst", width, rows), x.Activations("src", width, n), x.Indices("ids", ids)
			x.Do(func(o ops.Ops) { o.SetRows(dst, src, at) })
		},
	}
}
