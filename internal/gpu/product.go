package gpu

import (
	"fmt"
	"strings"

	"github.com/outrider-web/outrider/internal/ops"
)

// maxMatrices is how many matrices a Product may stack.
const maxMatrices = 3

// productDefines returns the defines that mul_mat_vec, mul_mat and mul_mat_few share: the type of each matrix, and what
// happens to the sum.
func productDefines(p ops.Product) map[string]string {
	d := map[string]string{
		"BIAS":   flag(p.Bias != nil),
		"ADD":    flag(p.Add),
		"RAGGED": flag(p.X.Dim(0)%32 != 0),
	}
	for i := range maxMatrices {
		d[fmt.Sprint("TYPE", i)] = ""
	}
	for i, w := range p.W {
		d[fmt.Sprint("TYPE", i)] = typeName(w)
	}
	return d
}

// productBind returns the tensors in the order of the WGSL: dst, x, then each matrix with its bias.
func productBind(p ops.Product) []*ops.Tensor {
	bind := []*ops.Tensor{p.Dst, p.X}
	for i, w := range p.W {
		bind = append(bind, w)
		if p.Bias != nil {
			bind = append(bind, p.Bias[i])
		}
	}
	return bind
}

// productParams returns three Matrix structs, zeros where there are fewer matrices, then the first vec4 of dst and of
// x.
func productParams(p ops.Product) []uint32 {
	params := make([]uint32, 4*maxMatrices, paramWords)
	for i, w := range p.W {
		copy(params[4*i:], matrixParams(w))
	}
	return append(params, uint32(p.Dst.First/4), uint32(p.X.First/4))
}

// typeName returns the name of a type's file in shaders/lib.
func typeName(t *ops.Tensor) string { return strings.ToLower(t.Type.String()) }
