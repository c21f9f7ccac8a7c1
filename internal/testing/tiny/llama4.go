package tiny

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/outrider-web/outrider/internal/quant"
)

// Llama4 describes a Llama 4: like Scout or, with MoEInterval 2 and PlainQK, like Maverick. A size that is zero gets
// the default of the comment, which every type of weights allows. A zero for a field marked "released" leaves its key
// out of the file, which then has the value of the released models; a negative number writes 0, for none.
type Llama4 struct {
	Seed           uint64
	Type           quant.Type // of every matrix but the router; that and the norms are F32
	HiddenSize     int        // 256
	NumLayers      int        // 4; layer 3 is a NoPE layer
	NumHeads       int        // 8
	NumKVHeads     int        // 2
	HeadDim        int        // Hidden / Heads
	NumExperts     int        // 4
	NumExpertsUsed int        // 1; routed experts of a token
	ExpertWidth    int        // 256; of the feed-forward of a routed expert and of the shared one
	DenseWidth     int        // 512; of the feed-forward of a dense layer
	MoEInterval    int        // 1; layer i is a mixture of experts if (i+1) mod MoEInterval is 0
	ContextSize    int        // 512
	Window         int        // released: 8192 positions
	NoPEInterval   int        // released: every 4th layer
	TempFloor      int        // released: 8192 positions
	PlainQK        bool       // without the norm of queries and keys
	RopeFactor     float32    // 16; divisor of the slow half of the RoPE frequencies; negative: no rope_freqs.weight
}

// withDefaults returns l with the sizes that are zero replaced.
func (l Llama4) withDefaults() Llama4 {
	setDefault(&l.HiddenSize, 256)
	setDefault(&l.NumLayers, 4)
	setDefault(&l.NumHeads, 8)
	setDefault(&l.NumKVHeads, 2)
	setDefault(&l.HeadDim, l.HiddenSize/l.NumHeads)
	setDefault(&l.NumExperts, 4)
	setDefault(&l.NumExpertsUsed, 1)
	setDefault(&l.ExpertWidth, 256)
	setDefault(&l.DenseWidth, 512)
	setDefault(&l.MoEInterval, 1)
	setDefault(&l.ContextSize, 512)
	setDefault(&l.RopeFactor, 16)
	return l
}

// GGUF returns the model's file.
func (l Llama4) GGUF() []byte {
	l = l.withDefaults()
	v := llama4()
	w := &writer{rand: rand.New(rand.NewPCG(l.Seed, 4)), typ: l.Type}
	l.metadata(w, len(v.tokens))
	l.optionalMetadata(w)
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
		{"block_count", l.NumLayers}, {"context_length", l.ContextSize}, {"embedding_length", l.HiddenSize},
		{"vocab_size", vocab},
		{"feed_forward_length", l.DenseWidth}, {"expert_feed_forward_length", l.ExpertWidth}, {"expert_count", l.NumExperts},
		{"expert_used_count", l.NumExpertsUsed}, {"interleave_moe_layer_step", l.MoEInterval},
		{"attention.head_count", l.NumHeads}, {"attention.head_count_kv", l.NumKVHeads},
		{"attention.key_length", l.HeadDim}, {"attention.value_length", l.HeadDim}, {"rope.dimension_count", l.HeadDim},
	} {
		w.Set("llama4."+size.key, uint32(size.n))
	}
	w.Set("llama4.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama4.rope.freq_base", float32(10000))
}

// optionalMetadata writes the keys that published files do not have (docs/formats.md).
func (l Llama4) optionalMetadata(w *writer) {
	for _, optional := range []struct {
		key string
		n   int
	}{{"chunk_size", l.Window}, {"nope_interval", l.NoPEInterval}, {"temperature_floor", l.TempFloor}} {
		if optional.n != 0 {
			w.Set("llama4.attention."+optional.key, uint32(max(optional.n, 0)))
		}
	}
	if l.PlainQK {
		w.Set("llama4.attention.qk_norm", false)
	}
}

// tensors adds all tensors.
func (l Llama4) tensors(w *writer, vocab int) {
	w.matrix("token_embd.weight", 1, l.HiddenSize, vocab)
	w.vector("output_norm.weight", l.HiddenSize)
	w.matrix("output.weight", 4/math.Sqrt(float64(l.HiddenSize)), l.HiddenSize, vocab)
	if l.RopeFactor > 0 {
		w.ropeFactors(l.HeadDim/2, float64(l.RopeFactor))
	}
	for i := range l.NumLayers {
		prefix := fmt.Sprintf("blk.%d.", i)
		w.attention(prefix, l.HiddenSize, l.NumHeads*l.HeadDim, l.NumKVHeads*l.HeadDim)
		if (i+1)%l.MoEInterval == 0 {
			l.experts(w, prefix)
		} else {
			l.dense(w, prefix)
		}
	}
}

// dense adds the feed-forward of a dense layer.
func (l Llama4) dense(w *writer, prefix string) {
	w.projection(prefix+"ffn_gate", l.HiddenSize, l.DenseWidth)
	w.projection(prefix+"ffn_up", l.HiddenSize, l.DenseWidth)
	w.projection(prefix+"ffn_down", l.DenseWidth, l.HiddenSize)
}

// experts adds the tensors of a mixture of experts. The router's scores are spread around a half, so that results
// depend on where the scores are applied.
func (l Llama4) experts(w *writer, prefix string) {
	sigma := 1 / math.Sqrt(float64(l.HiddenSize))
	w.add(prefix+"ffn_gate_inp.weight", quant.F32, []int{l.HiddenSize, l.NumExperts},
		func() float64 { return sigma * w.rand.NormFloat64() })
	w.projection(prefix+"ffn_gate_exps", l.HiddenSize, l.ExpertWidth, l.NumExperts)
	w.projection(prefix+"ffn_up_exps", l.HiddenSize, l.ExpertWidth, l.NumExperts)
	w.projection(prefix+"ffn_down_exps", l.ExpertWidth, l.HiddenSize, l.NumExperts)
	w.projection(prefix+"ffn_gate_shexp", l.HiddenSize, l.ExpertWidth)
	w.projection(prefix+"ffn_up_shexp", l.HiddenSize, l.ExpertWidth)
	w.projection(prefix+"ffn_down_shexp", l.ExpertWidth, l.HiddenSize)
}
