package model

import "github.com/outrider-web/outrider/internal/ops"

// Insert is vectors that a prompt has in place of the embeddings of some of its tokens: what a vision tower saw.
type Embeddings struct {
	At      int         // the first of the tokens, counted from the first one of the call; may be negative
	Vectors *ops.Tensor // F32 [hidden, n], for tokens At … At+n-1
}

// cut gives what of embeddings falls on n tokens from `from` on, counted from there.
func embeddingsWithin(embeddings []Embeddings, from, n int) (parts []Embeddings) {
	for _, i := range embeddings {
		first, end := max(i.At, from), min(i.At+i.Vectors.Dim(1), from+n)
		if first < end {
			parts = append(parts, Embeddings{first - from, i.Vectors.Rows(first-i.At, end-first)})
		}
	}
	return parts
}
