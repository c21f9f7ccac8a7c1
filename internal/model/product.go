package model

import "github.com/outrider-web/outrider/internal/ops"

// Multiply calls MulMatVec for one token and MulMat for several.
func Multiply(o ops.Ops, p ops.Product) {
	if p.X.Dim(1) == 1 {
		o.MulMatVec(p)
	} else {
		o.MulMat(p)
	}
}

// Attend calls AttentionVec for one token and Attention for several.
func Attend(o ops.Ops, a ops.Attention) {
	if a.QKV.Dim(1) == 1 {
		o.AttentionVec(a)
	} else {
		o.Attention(a)
	}
}
