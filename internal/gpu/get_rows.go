package gpu

import (
	"strings"

	"github.com/outrider-web/outrider/internal/ops"
)

// GetRows dispatches get_rows, an invocation for a group of 32 elements. Rows are written in vec4s.
func (b *Backend) GetRows(dst, table, ids *ops.Tensor) {
	ops.CheckGetRows(dst, table, ids)
	width, n := dst.Dim(0), dst.Dim(1)
	if width%4 != 0 {
		panic(&ops.ShapeError{Op: "get_rows", Want: "a width that is a multiple of 4", Got: []*ops.Tensor{dst, table}})
	}
	b.dispatch(dispatch{
		op:      "get_rows",
		defines: map[string]string{"TYPE": strings.ToLower(table.Type.String())},
		bind:    []*ops.Tensor{dst, table, ids},
		params:  append(matrixParams(table), uint32(n), uint32(dst.First/4), uint32(ids.First)),
		grid:    grid2D(ceilDiv(ceilDiv(width, 32)*n, 64)),
	})
}
