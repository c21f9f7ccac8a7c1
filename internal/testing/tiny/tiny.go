// Package tiny makes random models of real architecture and no sense, as GGUF files of a few megabytes: for tests,
// and for demonstrations that need no download. A file is a function of its seed and options alone.
package tiny

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Llama is a dense Llama. Zero fields get a size that every weight type allows.
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
	Tied        bool       // no output.weight: the embedding is the head too
	RopeFactors bool       // with rope_freqs.weight, as Llama 3.1 and later have
}

// fill sets a field that nobody has set.
func setDefault[T int | float32](field *T, size T) {
	if *field == 0 {
		*field = size
	}
}

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

// GGUF is the model's file.
func (l Llama) GGUF() []byte {
	l = l.withDefaults()
	v := chatML()
	w := &writer{rand: rand.New(rand.NewPCG(l.Seed, 1)), typ: l.Type}
	l.metadata(w)
	v.metadata(&w.Writer)
	l.tensors(w, len(v.tokens))
	return w.Bytes()
}

func (l Llama) metadata(w *writer) {
	w.Set("general.architecture", "llama")
	w.Set("general.name", fmt.Sprintf("tiny llama %d %v", l.Seed, l.Type))
	for _, size := range []struct {
		key string
		n   int
	}{
		{"block_count", l.NumLayers}, {"context_length", l.ContextSize}, {"embedding_length", l.HiddenSize},
		{"feed_forward_length", l.FeedForward}, {"attention.head_count", l.NumHeads}, {"attention.head_count_kv", l.NumKVHeads},
		{"attention.key_length", l.HeadDim}, {"attention.value_length", l.HeadDim}, {"rope.dimension_count", l.HeadDim},
	} {
		w.Set("llama."+size.key, uint32(size.n))
	}
	w.Set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama.rope.freq_base", float32(10000))
}

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

// attention adds a layer's attention and both its norms.
func (w *writer) attention(prefix string, hidden, queries, keys int) {
	w.vector(prefix+"attn_norm.weight", hidden)
	w.projection(prefix+"attn_q", hidden, queries)
	w.projection(prefix+"attn_k", hidden, keys)
	w.projection(prefix+"attn_v", hidden, keys)
	w.projection(prefix+"attn_output", queries, hidden)
	w.vector(prefix+"ffn_norm.weight", hidden)
}

// keeping adds a matrix, or a stack of them, that keeps the size of what it multiplies, so that no layer drowns another.
func (w *writer) projection(name string, dims ...int) {
	w.matrix(name+".weight", 1/math.Sqrt(float64(dims[0])), dims...)
}

// matrix adds normally distributed weights of standard deviation sigma.
func (w *writer) matrix(name string, sigma float64, dims ...int) {
	w.add(name, w.typ, dims, func() float64 { return sigma * w.rand.NormFloat64() })
}

// vector adds the weights of a norm: around 1.
func (w *writer) vector(name string, n int) {
	w.add(name, quant.F32, []int{n}, func() float64 { return 1 + 0.1*w.rand.NormFloat64() })
}

// ropeFactors adds divisors that leave the fast half of the pairs alone and slow the others down.
func (w *writer) ropeFactors(pairs int, factor float64) {
	pair := -1
	w.add("rope_freqs.weight", quant.F32, []int{pairs}, func() float64 {
		if pair++; pair < pairs/2 {
			return 1
		}
		return factor
	})
}

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
