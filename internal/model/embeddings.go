package model

import "github.com/outrider-web/outrider/internal/ops"

// Embeddings are vectors that replace the embeddings of consecutive tokens of a prompt: the output of a vision encoder.
type Embeddings struct {
	At      int         // index of the first of these tokens among the tokens of the call; may be negative
	Vectors *ops.Tensor // F32 [hidden, n], for tokens At … At+n-1
}

// embeddingsWithin returns the embeddings of tokens from … from+n-1, with At counted from token `from`.
func embeddingsWithin(embeddings []Embeddings, from, n int) (within []Embeddings) {
	for _, e := range embeddings {
		first, end := max(e.At, from), min(e.At+e.Vectors.Dim(1), from+n)
		if first < end {
			within = append(within, Embeddings{first - from, e.Vectors.Rows(first-e.At, end-first)})
		}
	}
	return within
}
