// Package tiny makes GGUF files of a few megabytes with random weights and a real architecture, for tests and for
// demonstrations without a download. A file depends only on its seed and options.
package tiny

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Llama describes a dense Llama. A size that is zero gets the default of the comment, which every type of weights
// allows.
type Llama struct {
	Seed        uint64
	Type        quant.Type // of every matrix; the norms are F32
	HiddenSize  int        // 256
	NumLayers   int        // 2
	NumHeads    int        // 8
	NumKVHeads  int        // 2
	HeadDim     int        // Hidden / Heads
	FeedForward int        // 512
	ContextSize int        // 512
	Tied        bool       // without output.weight: the embedding is also the head
	RopeFactors bool       // with rope_freqs.weight, as in Llama 3.1 and later
}

// setDefault sets a field that is zero.
func setDefault[T int | float32](field *T, size T) {
	if *field == 0 {
		*field = size
	}
}

// withDefaults returns l with the sizes that are zero replaced.
func (l Llama) withDefaults() Llama {
	setDefault(&l.HiddenSize, 256)
	setDefault(&l.NumLayers, 2)
	setDefault(&l.NumHeads, 8)
	setDefault(&l.NumKVHeads, 2)
	setDefault(&l.HeadDim, l.HiddenSize/l.NumHeads)
	setDefault(&l.FeedForward, 512)
	setDefault(&l.ContextSize, 512)
	return l
}

// GGUF returns the model's file.
func (l Llama) GGUF() []byte {
	l = l.withDefaults()
	v := chatML()
	w := &writer{rand: rand.New(rand.NewPCG(l.Seed, 1)), typ: l.Type}
	l.metadata(w)
	v.metadata(&w.Writer)
	l.tensors(w, len(v.tokens))
	return w.Bytes()
}

// metadata writes the keys of the architecture.
func (l Llama) metadata(w *writer) {
	w.Set("general.architecture", "llama")
	w.Set("general.name", fmt.Sprintf("tiny llama %d %v", l.Seed, l.Type))
	for _, size := range []struct {
		key string
		n   int
	}{
		{"block_count", l.NumLayers}, {"context_length", l.ContextSize}, {"embedding_length", l.HiddenSize},
		{"feed_forward_length", l.FeedForward}, {"attention.head_count", l.NumHeads},
		{"attention.head_count_kv", l.NumKVHeads},
		{"attention.key_length", l.HeadDim}, {"attention.value_length", l.HeadDim}, {"rope.dimension_count", l.HeadDim},
	} {
		w.Set("llama."+size.key, uint32(size.n))
	}
	w.Set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama.rope.freq_base", float32(10000))
}

// tensors adds all tensors.
func (l Llama) tensors(w *writer, vocab int) {
	w.matrix("token_embd.weight", 1, l.HiddenSize, vocab)
	w.vector("output_norm.weight", l.HiddenSize)
	if !l.Tied {
		w.matrix("output.weight", 4/math.Sqrt(float64(l.HiddenSize)), l.HiddenSize, vocab)
	}
	if l.RopeFactors {
		w.ropeFactors(l.HeadDim/2, 8)
	}
	for i := range l.NumLayers {
		l.layer(w, fmt.Sprintf("blk.%d.", i))
	}
}

// layer adds the tensors of a layer.
func (l Llama) layer(w *writer, prefix string) {
	w.attention(prefix, l.HiddenSize, l.NumHeads*l.HeadDim, l.NumKVHeads*l.HeadDim)
	w.projection(prefix+"ffn_gate", l.HiddenSize, l.FeedForward)
	w.projection(prefix+"ffn_up", l.HiddenSize, l.FeedForward)
	w.projection(prefix+"ffn_down", l.FeedForward, l.HiddenSize)
}

// writer adds random tensors to a file.
type writer struct {
	gguf.Writer
	rand *rand.Rand
	typ  quant.Type
}

// attention adds the matrices of a layer's attention and both norms of the layer.
func (w *writer) attention(prefix string, hidden, queries, keys int) {
	w.vector(prefix+"attn_norm.weight", hidden)
	w.projection(prefix+"attn_q", hidden, queries)
	w.projection(prefix+"attn_k", hidden, keys)
	w.projection(prefix+"attn_v", hidden, keys)
	w.projection(prefix+"attn_output", queries, hidden)
	w.vector(prefix+"ffn_norm.weight", hidden)
}

// projection adds a matrix, or a stack of matrices, whose products have about the norm of the vectors they multiply,
// so that all layers contribute alike.
func (w *writer) projection(name string, dims ...int) {
	w.matrix(name+".weight", 1/math.Sqrt(float64(dims[0])), dims...)
}

// matrix adds normally distributed weights of standard deviation sigma.
func (w *writer) matrix(name string, sigma float64, dims ...int) {
	w.add(name, w.typ, dims, func() float64 { return sigma * w.rand.NormFloat64() })
}

// vector adds the weights of a norm, which are about 1.
func (w *writer) vector(name string, n int) {
	w.add(name, quant.F32, []int{n}, func() float64 { return 1 + 0.1*w.rand.NormFloat64() })
}

// ropeFactors adds divisors of the RoPE frequencies: 1 for the first half of the pairs, which rotate fast, and factor
// for the others.
func (w *writer) ropeFactors(pairs int, factor float64) {
	pair := -1
	w.add("rope_freqs.weight", quant.F32, []int{pairs}, func() float64 {
		if pair++; pair < pairs/2 {
			return 1
		}
		return factor
	})
}

// add adds a tensor whose elements are the results of next.
func (w *writer) add(name string, t quant.Type, dims []int, next func() float64) {
	n := 1
	for _, d := range dims {
		n *= d
	}
	numbers := make([]float32, n)
	for i := range numbers {
		numbers[i] = float32(next())
	}
	data := make([]byte, t.RowBytes(n))
	quant.Quantize(t, data, numbers)
	w.Add(name, t, dims, data)
}
