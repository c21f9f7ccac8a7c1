package gpu

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// decoderShape is the shape of a model. The head dimension is 64; with experts, a token uses two in every layer.
type decoderShape struct {
	hidden, heads, kvHeads, width, numExperts, numLayers, vocab int
}

// decoder is a model of random weights whose layers are attention, experts and a dense feed-forward.
type decoder struct {
	decoderShape
	t      testing.TB
	b      *Backend
	rand   *rand.Rand
	layers []decoderLayer
	state  []*ops.Tensor // everything that ops write but the guard

	table, head, norm, rope       *ops.Tensor
	guard, step, tokens           *ops.Tensor
	x, y, qkv, att, h, one, logit *ops.Tensor
}

type decoderLayer struct {
	norm, qkv, out, gate, up, down *ops.Tensor
	k, v                           *ops.Tensor

	router, choice, slots *ops.Tensor
	experts               ops.Experts
}

const (
	headDim    = 64
	contextLen = 32
	numChoices = 2
)

func newDecoder(t testing.TB, b *Backend, s decoderShape) *decoder {
	m := &decoder{decoderShape: s, t: t, b: b, rand: rand.New(rand.NewPCG(1, 2))}
	m.table, m.head = m.weight(quant.Q8_0, s.hidden, s.vocab), m.weight(quant.Q8_0, s.hidden, s.vocab)
	m.norm, m.rope = m.weight(quant.F32, s.hidden), m.weight(quant.F32, headDim, contextLen)
	m.guard, m.step, m.tokens = alloc(t, b, quant.U32, 1), m.output(quant.U32, ops.StepWords), m.output(quant.U32, 1)
	m.x, m.y, m.logit = m.output(quant.F32, s.hidden, 1), m.output(quant.F32, s.hidden, 1), m.output(quant.F32, s.vocab, 1)
	m.qkv, m.att = m.output(quant.F32, (s.heads+2*s.kvHeads)*headDim, 1), m.output(quant.F32, s.heads*headDim, 1)
	m.h, m.one = m.output(quant.F32, s.width, 1), m.output(quant.F32, (numChoices+1)*s.width, 1)
	for range s.numLayers {
		m.layers = append(m.layers, m.layer())
	}
	return m
}

func (m *decoder) layer() decoderLayer {
	q := quant.Q4_1
	l := decoderLayer{
		norm: m.weight(quant.F32, m.hidden),
		qkv:  m.weight(q, m.hidden, (m.heads+2*m.kvHeads)*headDim), out: m.weight(q, m.heads*headDim, m.hidden),
		gate: m.weight(q, m.hidden, m.width), up: m.weight(q, m.hidden, m.width), down: m.weight(q, m.width, m.hidden),
		k: m.output(quant.F16, headDim, contextLen, m.kvHeads), v: m.output(quant.F16, headDim, contextLen, m.kvHeads),
	}
	if m.numExperts > 0 {
		m.addExperts(&l, m.numExperts+2)
	}
	return l
}

// addExperts assigns the experts to some of the slots, in random order.
func (m *decoder) addExperts(l *decoderLayer, numSlots int) {
	q := quant.Q4_1
	l.router, l.slots = m.weight(quant.F32, m.hidden, m.numExperts), alloc(m.t, m.b, quant.U32, m.numExperts)
	l.choice = m.output(quant.U32, ops.ChoiceWords*numChoices, 1)
	l.experts = ops.Experts{
		Gate:       m.weight(q, m.hidden, m.width, numSlots),
		Up:         m.weight(q, m.hidden, m.width, numSlots),
		Down:       m.weight(q, m.width, m.hidden, numSlots),
		SharedGate: m.weight(q, m.hidden, m.width),
		SharedUp:   m.weight(q, m.hidden, m.width),
		SharedDown: m.weight(q, m.width, m.hidden),
	}
	var slots []uint32
	for _, s := range m.rand.Perm(numSlots)[:m.numExperts] {
		slots = append(slots, uint32(s))
	}
	must(m.t, m.b.Write(l.slots, 0, wordBytes(slots...)))
}

// output allocates a tensor that ops write.
func (m *decoder) output(typ quant.Type, shape ...int) *ops.Tensor {
	x := alloc(m.t, m.b, typ, shape...)
	m.state = append(m.state, x)
	return x
}

func (m *decoder) weight(typ quant.Type, shape ...int) *ops.Tensor {
	w := alloc(m.t, m.b, typ, shape...)
	values := make([]float32, w.Shape.Elems())
	for i := range values {
		values[i] = float32(m.rand.NormFloat64()) / 8
	}
	file := make([]byte, typ.RowBytes(len(values)))
	quant.Quantize(typ, file, values)
	must(m.t, m.b.Upload(w, 0, ops.Bytes(file)))
	return w
}

// record records the program of one token, or its part up to the router of layer last.
func (m *decoder) record(guard *ops.Tensor, last int) ops.Program {
	p, err := m.b.RecordGuarded("token", guard, func() { m.decode(last) })
	must(m.t, err)
	return p
}

func (m *decoder) decode(last int) {
	b := m.b
	b.GetRows(m.x, m.table, m.tokens)
	for i, l := range m.layers {
		m.attend(l)
		if l.router != nil {
			b.RMSNorm(m.y, m.x, l.norm, 1e-5)
			b.Router(l.choice, m.y, l.router, l.slots)
			if i == last {
				return
			}
			b.SwigluIDVec(m.one, m.y, l.choice, l.experts)
			b.MulMatIDVec(m.x, m.one, l.choice, l.experts)
		}
		b.RMSNorm(m.y, m.x, l.norm, 1e-5)
		b.SwigluVec(m.h, m.y, l.gate, l.up)
		b.MulMatVec(ops.Product{Dst: m.x, X: m.h, W: []*ops.Tensor{l.down}, Add: true})
	}
	b.RMSNorm(m.y, m.x, m.norm, 1e-5)
	b.MulMatVec(ops.Product{Dst: m.logit, X: m.y, W: []*ops.Tensor{m.head}})
	b.Argmax(m.tokens, m.logit)
	b.Advance(m.step)
}

func (m *decoder) attend(l decoderLayer) {
	b := m.b
	b.RMSNorm(m.y, m.x, l.norm, 1e-5)
	b.MulMatVec(ops.Product{Dst: m.qkv, X: m.y, W: []*ops.Tensor{l.qkv}})
	b.RopeKV(ops.RopeKV{QKV: m.qkv, K: l.k, V: l.v, Step: m.step, Table: m.rope, NumHeads: m.heads})
	b.AttentionVec(ops.Attention{Dst: m.att, QKV: m.qkv, K: l.k, V: l.v, Step: m.step, NumHeads: m.heads})
	b.MulMatVec(ops.Product{Dst: m.x, X: m.att, W: []*ops.Tensor{l.out}, Add: true})
}

// reset fills each tensor that ops write with a number of its own, and starts with token 5 at position 3.
func (m *decoder) reset() {
	for i, s := range m.state {
		data := make([]byte, s.Type.RowBytes(s.Shape.Elems()))
		for at := 0; at < len(data); at += 4 {
			binary.LittleEndian.PutUint32(data[at:], 0x3c003c00+uint32(i)<<16)
		}
		must(m.t, m.b.Write(s, 0, data))
	}
	must(m.t, m.b.Write(m.step, 0, wordBytes(3, 1, 0, 0)))
	must(m.t, m.b.Write(m.tokens, 0, wordBytes(5)))
	must(m.t, m.b.Write(m.guard, 0, wordBytes(0)))
}

// snapshot reads back everything that ops write.
func (m *decoder) snapshot() []byte {
	var parts []ops.Slice
	for _, s := range m.state {
		parts = append(parts, ops.Slice{Tensor: s, N: s.Type.RowBytes(s.Shape.Elems())})
	}
	data, err := m.b.ReadBackSlices(parts...).Wait(context.Background())
	must(m.t, err)
	return data
}

func (m *decoder) compare(when string, got, want []byte) {
	m.t.Helper()
	for _, s := range m.state {
		n := s.Type.RowBytes(s.Shape.Elems())
		if !slices.Equal(got[:n], want[:n]) {
			m.t.Errorf("%s: %v differs", when, s)
		}
		got, want = got[n:], want[n:]
	}
}
