package virtual

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Model is the geometry of a Llama 4 text model; §1.1 and §7 of docs/spec/llama4.md.
type Model struct {
	Name        string
	NumLayers   int
	HiddenSize  int
	NumHeads    int
	NumKVHeads  int
	HeadDim     int
	NumExperts  int // routed experts of a layer that has experts
	ExpertWidth int // of a routed expert's feed-forward and of the shared one's
	DenseWidth  int // of a dense layer's
	MoEInterval int // every so many layers, the last is a mixture of experts
	ContextSize int
	RopeScaled  bool // slow RoPE pairs are slowed by 16
	NumRanks    int  // text tokens of the vocabulary, before the 2,048 special ones
}

// Scout is Llama 4 Scout, 17B active parameters and 16 experts.
func Scout() Model {
	return Model{Name: "scout", NumLayers: 48, HiddenSize: 5120, NumHeads: 40, NumKVHeads: 8, HeadDim: 128, NumExperts: 16, ExpertWidth: 8192,
		DenseWidth: 16384, MoEInterval: 1, ContextSize: 10485760, RopeScaled: true, NumRanks: 200000}
}

// Maverick is Llama 4 Maverick, 17B active parameters and 128 experts in every second layer.
func Maverick() Model {
	m := Scout()
	m.Name, m.NumExperts, m.MoEInterval, m.ContextSize, m.RopeScaled = "maverick", 128, 2, 1048576, false
	return m
}

// FirstLayers is the model with only its first n layers.
func (m Model) FirstLayers(n int) Model {
	m.Name, m.NumLayers = fmt.Sprintf("%s-%dlayers", m.Name, n), n
	return m
}

// Models are those that have a name, in the order in which to show them.
func Models() []Model { return []Model{Scout(), Maverick(), Scout().FirstLayers(4)} }

// tensors lists what the file holds. Gains are chosen so that a vector of unit size stays about that size: a layer's
// matrices by their width, the routed experts' way back louder, because what their router's weight (about a half) lets
// in is quiet, and a wrong expert shall change the token.
func (m Model) tensors(types Types, seed uint64) []tensor {
	l := &list{types: types, seed: seed, layer: -1}
	vocab := m.NumRanks + specials
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

func (m Model) attention(l *list) {
	heads, keys := m.NumHeads*m.HeadDim, m.NumKVHeads*m.HeadDim
	l.norm("attn_norm", m.HiddenSize)
	l.matrix("attn_q", 1, m.HiddenSize, heads)
	l.matrix("attn_k", 1, m.HiddenSize, keys)
	l.matrix("attn_v", 1, m.HiddenSize, keys)
	l.matrix("attn_output", 1, heads, m.HiddenSize)
	l.norm("ffn_norm", m.HiddenSize)
}

func (m Model) experts(l *list) {
	l.router("ffn_gate_inp", m.HiddenSize, m.NumExperts)
	l.matrix("ffn_gate_exps", 1, m.HiddenSize, m.ExpertWidth, m.NumExperts)
	l.matrix("ffn_up_exps", 1, m.HiddenSize, m.ExpertWidth, m.NumExperts)
	l.matrix("ffn_down_exps", 4, m.ExpertWidth, m.HiddenSize, m.NumExperts)
	l.matrix("ffn_gate_shexp", 1, m.HiddenSize, m.ExpertWidth)
	l.matrix("ffn_up_shexp", 1, m.HiddenSize, m.ExpertWidth)
	l.matrix("ffn_down_shexp", 1, m.ExpertWidth, m.HiddenSize)
}

func (m Model) dense(l *list) {
	l.matrix("ffn_gate", 1, m.HiddenSize, m.DenseWidth)
	l.matrix("ffn_up", 1, m.HiddenSize, m.DenseWidth)
	l.matrix("ffn_down", 1, m.DenseWidth, m.HiddenSize)
}

// ropeDivisors is the pure step of §2.4: pairs whose wave is longer than the original context of 8192 are slowed by 16.
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

const ropeBase = 500000

// metadata writes the keys of §7.1.
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
		{"rope.dimension_count", m.HeadDim}, {"vocab_size", m.NumRanks + specials},
	} {
		w.Set("llama4."+size.key, uint32(size.n))
	}
	w.Set("llama4.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.Set("llama4.rope.freq_base", float32(ropeBase))
}

// list collects tensors.
type list struct {
	types   Types
	seed    uint64
	layer   int // -1 for those of no layer
	tensors []tensor
}

// matrix adds weights whose products of unit vectors have size gain. dims are [hidden, rows] or [hidden, rows, experts].
func (l *list) matrix(name string, gain float64, dims ...int) {
	typ := l.types.of(l.layer, name)
	l.add(name, typ, dims, finishers[typ](gain/math.Sqrt(float64(dims[0]))))
}

// norm adds factors of about 1.
func (l *list) norm(name string, width int) {
	l.add(name, quant.F32, []int{width}, around(1, 0.1))
}

// router adds weights for logits of size 1.5, so that their sigmoids are anywhere between 0.1 and 0.9.
func (l *list) router(name string, dims ...int) {
	l.add(name, quant.F32, dims, around(0, 1.5*math.Sqrt(3/float64(dims[0]))))
}

func (l *list) constant(name string, b []byte) {
	l.tensors = append(l.tensors, tensor{name: name, typ: quant.F32, dims: []int{len(b) / 4}, constant: b})
}

func (l *list) add(name string, typ quant.Type, dims []int, finish finisher) {
	name += ".weight"
	if l.layer >= 0 {
		name = fmt.Sprintf("blk.%d.%s", l.layer, name)
	}
	l.tensors = append(l.tensors, tensor{name: name, typ: typ, dims: dims, seed: seedOf(l.seed, name), finish: finish})
}
