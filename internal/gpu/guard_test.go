package gpu

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/optest"
	"github.com/outrider-web/outrider/internal/quant"
)

func TestASetGuardStopsEveryOpOfDecode(t *testing.T) {
	optest.Guard(t, func() ops.Backend { return open(t) }, "get_rows", "rms_norm", "mul_mat_vec", "rope_kv", "attention_vec",
		"swiglu_vec", "router", "swiglu_id_vec", "mul_mat_id_vec", "argmax", "advance")
}

func TestAGuardedProgramRoutesOneToken(t *testing.T) {
	b := open(t)
	defer b.Close()
	dst, x := alloc(t, b, quant.U32, ops.ChoiceWords, 2), alloc(t, b, quant.F32, 4, 2)
	w, guard := alloc(t, b, quant.F32, 4, 4), alloc(t, b, quant.U32, 1)
	_, err := b.RecordGuarded("two", guard, func() { b.Router(dst, x, w, nil) })
	if err == nil || !strings.Contains(err.Error(), "one token") {
		t.Errorf("%v, want an error that says one token", err)
	}
}

// A device need not have nine.
func TestAGuardedProductOfThreeMatricesHasNoRoomForBiases(t *testing.T) {
	b := open(t)
	defer b.Close()
	p := ops.Product{Dst: alloc(t, b, quant.F32, 12, 1), X: alloc(t, b, quant.F32, 4, 1)}
	for range 3 {
		p.W, p.Bias = append(p.W, alloc(t, b, quant.F32, 4, 4)), append(p.Bias, alloc(t, b, quant.F32, 4))
	}
	_, err := b.RecordGuarded("biased", alloc(t, b, quant.U32, 1), func() { b.MulMatVec(p) })
	if err == nil || !strings.Contains(err.Error(), "9 tensors are bound, at most 8") {
		t.Errorf("%v, want an error that says 9 and 8", err)
	}
	record(t, b, func() { b.MulMatVec(p) }).Release()
}

// A program that misses an expert in its router r leaves everything as a program does that ends with that router; so do
// those queued behind it. Going on from r, the end is that of a program that misses nothing. Which of two choices is
// missing, or both, makes no difference.
func TestAGuardedProgramStopsAtAMissAndGoesOnFromThere(t *testing.T) {
	b := open(t)
	defer b.Close()
	m := newDecoder(t, b)
	free, whole := m.record(nil, len(m.layers)), m.record(m.guard, len(m.layers))
	m.reset()
	for range 2 { // tokens
		must(t, free.Run())
	}
	want := m.snapshot()
	for r, l := range m.layers {
		upTo := m.record(nil, r)
		for _, missing := range [][]int{{0}, {1}, {0, 1}} {
			m.reset()
			must(t, upTo.Run()) // the choices that the whole program is about to make
			chosen := readWords(t, b, l.choice)
			slots := readWords(t, b, l.slots)
			miss := slices.Clone(slots)
			for _, j := range missing {
				miss[chosen[ops.ChoiceWords*j+ops.ChoiceExpert]] = ops.Missing
			}
			m.reset()
			must(t, b.Write(l.slots, 0, wordBytes(miss...)))
			must(t, upTo.Run())
			stopped := m.snapshot()

			m.reset()
			must(t, b.Write(l.slots, 0, wordBytes(miss...)))
			must(t, whole.Run())
			must(t, whole.Run()) // queued behind
			m.same("stopped", m.snapshot(), stopped)
			if got := readWords(t, b, m.guard)[0]; got != uint32(r+1) {
				t.Errorf("the guard is %d, want %d", got, r+1)
			}
			must(t, b.Write(l.slots, 0, wordBytes(slots...)))
			must(t, b.Write(m.guard, 0, wordBytes(0)))
			must(t, whole.RunFrom(r+1))
			must(t, whole.Run())
			m.same("in the end", m.snapshot(), want)
		}
	}
}

// decoder is a small model of random weights: attention, experts in every layer, and dense layers after them.
type decoder struct {
	t                             *testing.T
	b                             *Backend
	rand                          *rand.Rand
	table, head, norm, rope       *ops.Tensor
	guard, step, tokens           *ops.Tensor
	x, y, qkv, att, h, one, logit *ops.Tensor
	layers                        []decoderLayer
	state                         []*ops.Tensor // what ops write
}

type decoderLayer struct {
	norm, qkv, out, router, gate, up, down *ops.Tensor
	k, v, choice, slots                    *ops.Tensor
	experts                                ops.Experts
}

const (
	decoderHidden  = 256
	decoderHeads   = 4 // of 64, as is the one key head
	decoderExperts = 8
	decoderSlots   = 10
	decoderVocab   = 300
)

func newDecoder(t *testing.T, b *Backend) *decoder {
	m := &decoder{t: t, b: b, rand: rand.New(rand.NewPCG(1, 2))}
	m.table, m.head = m.weight(quant.Q8_0, decoderHidden, decoderVocab), m.weight(quant.Q6_K, decoderHidden, decoderVocab)
	m.norm, m.rope = m.weight(quant.F32, decoderHidden), m.weight(quant.F32, 64, 32)
	m.guard, m.step, m.tokens = alloc(t, b, quant.U32, 1), m.made(quant.U32, ops.StepWords), m.made(quant.U32, 1)
	m.x, m.y, m.qkv = m.made(quant.F32, decoderHidden, 1), m.made(quant.F32, decoderHidden, 1), m.made(quant.F32, 6*64, 1)
	m.att, m.h, m.one = m.made(quant.F32, decoderHidden, 1), m.made(quant.F32, 128, 1), m.made(quant.F32, 3*64, 1)
	m.logit = m.made(quant.F32, decoderVocab, 1)
	for range 3 {
		m.layers = append(m.layers, m.layer())
	}
	return m
}

func (m *decoder) layer() decoderLayer {
	q := quant.Q4_1
	l := decoderLayer{
		norm: m.weight(quant.F32, decoderHidden), router: m.weight(quant.F32, decoderHidden, decoderExperts),
		qkv: m.weight(quant.Q4_K, decoderHidden, 6*64), out: m.weight(q, decoderHidden, decoderHidden),
		gate: m.weight(q, decoderHidden, 128), up: m.weight(q, decoderHidden, 128), down: m.weight(q, 128, decoderHidden),
		k: m.made(quant.F16, 64, 32, 1), v: m.made(quant.F16, 64, 32, 1),
		choice: m.made(quant.U32, ops.ChoiceWords*2, 1), slots: alloc(m.t, m.b, quant.U32, decoderExperts),
		experts: ops.Experts{
			Gate: m.weight(q, decoderHidden, 64, decoderSlots), Up: m.weight(q, decoderHidden, 64, decoderSlots),
			Down:       m.weight(q, 64, decoderHidden, decoderSlots),
			SharedGate: m.weight(q, decoderHidden, 64), SharedUp: m.weight(q, decoderHidden, 64), SharedDown: m.weight(q, 64, decoderHidden),
		},
	}
	var slots []uint32
	for _, s := range m.rand.Perm(decoderSlots)[:decoderExperts] {
		slots = append(slots, uint32(s))
	}
	must(m.t, m.b.Write(l.slots, 0, wordBytes(slots...)))
	return l
}

// made is a tensor that ops write.
func (m *decoder) made(typ quant.Type, shape ...int) *ops.Tensor {
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

// record writes down one token, or what comes of it up to the router of a last layer.
func (m *decoder) record(guard *ops.Tensor, last int) ops.Program {
	p, err := m.b.RecordGuarded("token", guard, func() { m.token(last) })
	must(m.t, err)
	return p
}

func (m *decoder) token(last int) {
	b := m.b
	b.GetRows(m.x, m.table, m.tokens)
	for i, l := range m.layers {
		b.RMSNorm(m.y, m.x, l.norm, 1e-5)
		b.MulMatVec(ops.Product{Dst: m.qkv, X: m.y, W: []*ops.Tensor{l.qkv}})
		b.RopeKV(ops.RopeKV{QKV: m.qkv, K: l.k, V: l.v, Step: m.step, Table: m.rope, NumHeads: decoderHeads})
		b.AttentionVec(ops.Attention{Dst: m.att, QKV: m.qkv, K: l.k, V: l.v, Step: m.step, NumHeads: decoderHeads})
		b.MulMatVec(ops.Product{Dst: m.x, X: m.att, W: []*ops.Tensor{l.out}, Add: true})
		b.RMSNorm(m.y, m.x, l.norm, 1e-5)
		b.Router(l.choice, m.y, l.router, l.slots)
		if i == last {
			return
		}
		b.SwigluIDVec(m.one, m.y, l.choice, l.experts)
		b.MulMatIDVec(m.x, m.one, l.choice, l.experts)
		b.SwigluVec(m.h, m.x, l.gate, l.up)
		b.MulMatVec(ops.Product{Dst: m.x, X: m.h, W: []*ops.Tensor{l.down}, Add: true})
	}
	b.RMSNorm(m.y, m.x, m.norm, 1e-5)
	b.MulMatVec(ops.Product{Dst: m.logit, X: m.y, W: []*ops.Tensor{m.head}})
	b.Argmax(m.tokens, m.logit)
	b.Advance(m.step)
}

// reset fills everything that ops write with a number of its own, and begins with token 5 at position 3.
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

// snapshot is all that ops write, in one read-back.
func (m *decoder) snapshot() []byte {
	var parts []ops.Part
	for _, s := range m.state {
		parts = append(parts, ops.Part{Tensor: s, N: s.Type.RowBytes(s.Shape.Elems())})
	}
	data, err := m.b.FetchAll(parts...).Wait(context.Background())
	must(m.t, err)
	return data
}

func (m *decoder) same(when string, got, want []byte) {
	m.t.Helper()
	for _, s := range m.state {
		n := s.Type.RowBytes(s.Shape.Elems())
		if !slices.Equal(got[:n], want[:n]) {
			m.t.Errorf("%s: %v differs", when, s)
		}
		got, want = got[n:], want[n:]
	}
}
