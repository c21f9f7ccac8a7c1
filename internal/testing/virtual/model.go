package virtual

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Model has the sizes of a Llama 4 text model (docs/spec/llama4.md §1.1 and §7.1).
type Model struct {
	Name        string
	NumLayers   int
	HiddenSize  int
	NumHeads    int
	NumKVHeads  int
	HeadDim     int
	NumExperts  int // routed experts of a layer that has experts
	ExpertWidth int // of the feed-forward of a routed expert and of the shared one
	DenseWidth  int // of the feed-forward of a dense layer
	MoEInterval int // layer i is a mixture of experts if (i+1) mod MoEInterval is 0
	ContextSize int
	RopeScaled  bool // the slow RoPE frequencies are divided by 16
	NumRanks    int  // text tokens of the vocabulary, which precede the 2,048 special ones
}

// Scout returns Llama 4 Scout, with 17 billion active parameters and 16 experts.
func Scout() Model {
	return Model{Name: "scout", NumLayers: 48, HiddenSize: 5120, NumHeads: 40, NumKVHeads: 8, HeadDim: 128,
		NumExperts: 16, ExpertWidth: 8192, DenseWidth: 16384, MoEInterval: 1,
		ContextSize: 10485760, RopeScaled: true, NumRanks: 200000}
}

// Maverick returns Llama 4 Maverick, with 17 billion active parameters and 128 experts in every second layer.
func Maverick() Model {
	m := Scout()
	m.Name, m.NumExperts, m.MoEInterval, m.ContextSize, m.RopeScaled = "maverick", 128, 2, 1048576, false
	return m
}

// FirstLayers returns the model with only its first n layers.
func (m Model) FirstLayers(n int) Model {
	m.Name, m.NumLayers = fmt.Sprintf("%s-%dlayers", m.Name, n), n
	return m
}

// Models returns the models with a name, in the order in which they are listed.
func Models() []Model { return []Model{Scout(), Maverick(), Scout().FirstLayers(4)} }

// tensors returns the tensors of the file. Gains are chosen so that a vector with elements of size 1 keeps about that
// size. The down matrices of routed experts have a larger gain, because the router's weight, about a half, makes
// their input small, and a wrong expert is to change the token.
func (m Model) tensors(types Types, seed uint64) []tensor {
	l := &tensorList{types: types, seed: seed, layer: -1}
	vocab := m.NumRanks + numSpecials
	l.matrix("token_embd", math.Sqrt(float64(m.HiddenSize)), m.HiddenSize, vocab)
	l.norm("output_norm", m.HiddenSize)
	l.matrix("output", 4, m.HiddenSize, vocab)
	if m.RopeScaled {
		l.constant("rope_freqs.weight", m.ropeDivisors())
	}
	for l.layer = range m.NumLayers {
		m.attention(l)
		if (l.layer+1)%m.MoEInterval == 0 {
			m.experts(l)
		} else {
			m.dense(l)
		}
	}
	return l.tensors
}

// attention adds the tensors of a layer's attention and both norms of the layer.
func (m Model) attention(l *tensorList) {
	heads, keys := m.NumHeads*m.HeadDim, m.NumKVHeads*m.HeadDim
	l.norm("attn_norm", m.HiddenSize)
	l.matrix("attn_q", 1, m.HiddenSize, heads)
	l.matrix("attn_k", 1, m.HiddenSize, keys)
	l.matrix("attn_v", 1, m.HiddenSize, keys)
	l.matrix("attn_output", 1, heads, m.HiddenSize)
	l.norm("ffn_norm", m.HiddenSize)
}

// experts adds the tensors of a mixture of experts.
func (m Model) experts(l *tensorList) {
	l.router("ffn_gate_inp", m.HiddenSize, m.NumExperts)
	l.matrix("ffn_gate_exps", 1, m.HiddenSize, m.ExpertWidth, m.NumExperts)
	l.matrix("ffn_up_exps", 1, m.HiddenSize, m.ExpertWidth, m.NumExperts)
	l.matrix("ffn_down_exps", 4, m.ExpertWidth, m.HiddenSize, m.NumExperts)
	l.matrix("ffn_gate_shexp", 1, m.HiddenSize, m.ExpertWidth)
	l.matrix("ffn_up_shexp", 1, m.HiddenSize, m.ExpertWidth)
	l.matrix("ffn_down_shexp", 1, m.ExpertWidth, m.HiddenSize)
}

// dense adds the feed-forward of a dense layer.
func (m Model) dense(l *tensorList) {
	l.matrix("ffn_gate", 1, m.HiddenSize, m.DenseWidth)
	l.matrix("ffn_up", 1, m.HiddenSize, m.DenseWidth)
	l.matrix("ffn_down", 1, m.DenseWidth, m.HiddenSize)
}

// ropeDivisors returns the divisors of docs/spec/llama4.md §2.4: 16 for pairs whose wavelength is longer than the
// original context of 8192, 1 for the others.
func (m Model) ropeDivisors() []byte {
	b := make([]byte, 0, 4*m.HeadDim/2)
	for pair := range m.HeadDim / 2 {
		divisor := float32(1)
		if 2*math.Pi*math.Pow(ropeBase, float64(2*pair)/float64(m.HeadDim)) > 8192 {
			divisor = 16
		}
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(divisor))
	}
	return b
}

// ropeBase is the base of the RoPE frequencies.
const ropeBase = 500000

// metadata writes the keys of docs/spec/llama4.md §7.1.
func (m Model) metadata(w *gguf.Writer, types Types) {
	w.Set("general.architecture", "llama4")
	w.Set("general.name", fmt.Sprintf("virtual %s %s", m.Name, types.Name))
	w.Set("general.quantization_version", uint32(2))
	for _, size := range []struct {
		key string
		n   int
	}{
		{"block_count", m.NumLayers}, {"context_length", m.ContextSize}, {"embedding_length", m.HiddenSize},
		{"feed_forward_length", m.DenseWidth}, {"expert_feed_forward_length", m.ExpertWidth},
		{"attention.head_count", m.NumHeads}, {"attention.head_count_kv", m.NumKVHeads},
		{"attention.key_length", m.HeadDim}, {"attention.value_length", m.HeadDim},
		{"expert_count", m.NumExperts}, {"expert_used_count", 1}, {"interleave_moe_layer_step", m.MoEInterval},
		{"rope.dimension_count", m.HeadDim}, {"vocab_size", m.NumRanks + numSpecials},
	} {
		w.Set("llama4."+size.key, uint32(size.n))
	}
	w.Set("llama4.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama4.rope.freq_base", float32(ropeBase))
}

// tensorList collects tensors.
type tensorList struct {
	types   Types
	seed    uint64
	layer   int // -1 for tensors outside layers
	tensors []tensor
}

// matrix adds weights whose products with vectors of elements of size 1 have elements of size gain. dims are [inputs,
// rows] or [inputs, rows, experts].
func (l *tensorList) matrix(name string, gain float64, dims ...int) {
	typ := l.types.of(l.layer, name)
	l.add(name, typ, dims, blockFuncs[typ](gain/math.Sqrt(float64(dims[0]))))
}

// norm adds the weights of a norm, which are about 1.
func (l *tensorList) norm(name string, width int) {
	l.add(name, quant.F32, []int{width}, uniform(1, 0.1))
}

// router adds weights for logits of size 1.5, so that their sigmoids are spread over 0.1 to 0.9.
func (l *tensorList) router(name string, dims ...int) {
	l.add(name, quant.F32, dims, uniform(0, 1.5*math.Sqrt(3/float64(dims[0]))))
}

// constant adds a tensor with fixed bytes.
func (l *tensorList) constant(name string, b []byte) {
	l.tensors = append(l.tensors, tensor{name: name, typ: quant.F32, dims: []int{len(b) / 4}, constant: b})
}

// add adds a tensor whose blocks newBlock makes.
func (l *tensorList) add(name string, typ quant.Type, dims []int, finish blockFunc) {
	name += ".weight"
	if l.layer >= 0 {
		name = fmt.Sprintf("blk.%d.%s", l.layer, name)
	}
	l.tensors = append(l.tensors, tensor{name: name, typ: typ, dims: dims, seed: seedOf(l.seed, name), newBlock: finish})
}
