package model

import "github.com/outrider-web/outrider/internal/ops"

// Multiply calls the product op for the number of tokens at hand.
func Multiply(o ops.Ops, p ops.Product) {
	if p.X.Dim(1) == 1 {
		o.MulMatVec(p)
	} else {
		o.MulMat(p)
	}
}

// Attend calls the attention op for the number of tokens at hand.
func Attend(o ops.Ops, a ops.Attention) {
	if a.QKV.Dim(1) == 1 {
		o.AttentionVec(a)
	} else {
		o.Attention(a)
	}
}
