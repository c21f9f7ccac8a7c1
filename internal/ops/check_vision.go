package ops

import "github.com/outrider-web/outrider/internal/quant"

// CheckLayerNorm checks the operands of LayerNorm.
func CheckLayerNorm(dst, x, w, b *Tensor) {
	c := contract{"layer_norm", "dst, x F32 [width, n], w and b F32 [width]", []*Tensor{dst, x, w, b}}
	c.requireType(quant.F32, dst, x, w, b)
	c.require(sameRows(dst, x) && w.Shape.Elems() == x.Dim(0) && b.Shape.Elems() == x.Dim(0))
}

// CheckGelu checks the operand of Gelu.
func CheckGelu(x *Tensor) {
	c := contract{"gelu", "x F32 [width, n]", []*Tensor{x}}
	c.requireType(quant.F32, x)
}

// CheckSetRows checks the operands of SetRows.
func CheckSetRows(dst, src, ids *Tensor) {
	c := contract{"set_rows", "dst F32 [width, rows], src F32 [width, n], width a multiple of 4, ids U32 [n]",
		[]*Tensor{dst, src, ids}}
	c.requireType(quant.F32, dst, src)
	c.requireType(quant.U32, ids)
	c.require(dst.Dim(0) == src.Dim(0) && src.Dim(0)%4 == 0 && src.Dim(1) == ids.Shape.Elems() && src.Dim(1) <= dst.Dim(1))
}
