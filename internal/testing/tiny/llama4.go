package tiny

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/outrider-web/outrider/internal/quant"
)

// Llama4 is a Llama 4: as Scout, or with Interleave 2 and PlainQK as Maverick. Zero fields get a size that every weight
// type allows. Where a field says "released", zero leaves the key out of the file, which stands for what the released
// models have, and a negative number writes 0: none.
type Llama4 struct {
	Seed         uint64
	Type         quant.Type // of every matrix but the router; that and the norms are F32
	Hidden       int        // 256
	Layers       int        // 4: the last one is a NoPE layer
	Heads        int        // 8
	KVHeads      int        // 2
	HeadDim      int        // Hidden / Heads
	Experts      int        // 4
	Used         int        // 1: routed experts of a token
	ExpertWidth  int        // 256: of a routed expert's feed-forward and of the shared one's
	DenseWidth   int        // 512: of a dense layer's
	Interleave   int        // 1: every so many layers, the last is a mixture of experts
	Context      int        // 512
	Chunk        int        // released: 8192 positions
	NoPEInterval int        // released: every 4th layer
	TempFloor    int        // released: 8192 positions
	PlainQK      bool       // no norm of queries and keys
	RopeFactor   float32    // 16: what rope_freqs.weight slows the slow half of the pairs by; negative: no such tensor
}

func (l Llama4) filled() Llama4 {
	fill(&l.Hidden, 256)
	fill(&l.Layers, 4)
	fill(&l.Heads, 8)
	fill(&l.KVHeads, 2)
	fill(&l.HeadDim, l.Hidden/l.Heads)
	fill(&l.Experts, 4)
	fill(&l.Used, 1)
	fill(&l.ExpertWidth, 256)
	fill(&l.DenseWidth, 512)
	fill(&l.Interleave, 1)
	fill(&l.Context, 512)
	fill(&l.RopeFactor, 16)
	return l
}

// GGUF is the model's file.
func (l Llama4) GGUF() []byte {
	l = l.filled()
	v := llama4()
	w := &writer{rand: rand.New(rand.NewPCG(l.Seed, 4)), typ: l.Type}
	l.metadata(w, len(v.tokens))
	l.unpublished(w)
	v.metadata(&w.Writer)
	l.tensors(w, len(v.tokens))
	return w.Bytes()
}

// metadata writes the keys that published files have.
func (l Llama4) metadata(w *writer, vocab int) {
	w.Set("general.architecture", "llama4")
	w.Set("general.name", fmt.Sprintf("tiny llama 4 %d %v", l.Seed, l.Type))
	for _, size := range []struct {
		key string
		n   int
	}{
		{"block_count", l.Layers}, {"context_length", l.Context}, {"embedding_length", l.Hidden}, {"vocab_size", vocab},
		{"feed_forward_length", l.DenseWidth}, {"expert_feed_forward_length", l.ExpertWidth}, {"expert_count", l.Experts},
		{"expert_used_count", l.Used}, {"interleave_moe_layer_step", l.Interleave},
		{"attention.head_count", l.Heads}, {"attention.head_count_kv", l.KVHeads},
		{"attention.key_length", l.HeadDim}, {"attention.value_length", l.HeadDim}, {"rope.dimension_count", l.HeadDim},
	} {
		w.Set("llama4."+size.key, uint32(size.n))
	}
	w.Set("llama4.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama4.rope.freq_base", float32(10000))
}

// unpublished writes the keys that released models do without (docs/formats.md).
func (l Llama4) unpublished(w *writer) {
	for _, released := range []struct {
		key string
		n   int
	}{{"chunk_size", l.Chunk}, {"nope_interval", l.NoPEInterval}, {"temperature_floor", l.TempFloor}} {
		if released.n != 0 {
			w.Set("llama4.attention."+released.key, uint32(max(released.n, 0)))
		}
	}
	if l.PlainQK {
		w.Set("llama4.attention.qk_norm", false)
	}
}

func (l Llama4) tensors(w *writer, vocab int) {
	w.matrix("token_embd.weight", 1, l.Hidden, vocab)
	w.vector("output_norm.weight", l.Hidden)
	w.matrix("output.weight", 4/math.Sqrt(float64(l.Hidden)), l.Hidden, vocab)
	if l.RopeFactor > 0 {
		w.ropeFactors(l.HeadDim/2, float64(l.RopeFactor))
	}
	for i := range l.Layers {
		prefix := fmt.Sprintf("blk.%d.", i)
		w.attention(prefix, l.Hidden, l.Heads*l.HeadDim, l.KVHeads*l.HeadDim)
		if (i+1)%l.Interleave == 0 {
			l.experts(w, prefix)
		} else {
			l.dense(w, prefix)
		}
	}
}

func (l Llama4) dense(w *writer, prefix string) {
	w.keeping(prefix+"ffn_gate", l.Hidden, l.DenseWidth)
	w.keeping(prefix+"ffn_up", l.Hidden, l.DenseWidth)
	w.keeping(prefix+"ffn_down", l.DenseWidth, l.Hidden)
}

// experts writes a router whose scores are spread around a half, so that where they are applied shows.
func (l Llama4) experts(w *writer, prefix string) {
	sigma := 1 / math.Sqrt(float64(l.Hidden))
	w.add(prefix+"ffn_gate_inp.weight", quant.F32, []int{l.Hidden, l.Experts}, func() float64 { return sigma * w.rand.NormFloat64() })
	w.keeping(prefix+"ffn_gate_exps", l.Hidden, l.ExpertWidth, l.Experts)
	w.keeping(prefix+"ffn_up_exps", l.Hidden, l.ExpertWidth, l.Experts)
	w.keeping(prefix+"ffn_down_exps", l.ExpertWidth, l.Hidden, l.Experts)
	w.keeping(prefix+"ffn_gate_shexp", l.Hidden, l.ExpertWidth)
	w.keeping(prefix+"ffn_up_shexp", l.Hidden, l.ExpertWidth)
	w.keeping(prefix+"ffn_down_shexp", l.ExpertWidth, l.Hidden)
}
