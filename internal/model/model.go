package model

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Options choose how a model runs. ExpertsUsed and NoTemperature change what it computes; their zero values are the
// published model.
type Options struct {
	Context    int  // positions of the longest conversation; 0, or more than the model's own: the model's own
	BatchSize  int  // most tokens of a prompt computed at once; 0: 512
	CacheF32   bool // keep keys and values in float32 instead of float16, to compare with references
	FullCaches bool // keep every position in chunked layers too, to compare rings with

	NumExpertsUsed int  // routed experts for each token; 0: as many as the file says; more than there are: all
	NoTemperature  bool // leave the queries of Llama 4's NoPE layers as long as they are

	PagedExperts *PagedExperts // nil: every expert has its slot, the one of its number
}

// defaultChunk is a compromise: a longer chunk reads the weights less often, a shorter one needs less scratch memory
// and lets a stop take effect sooner.
const defaultChunk = 512

func (o Options) forModel(c Config) Options {
	if o.Context <= 0 || o.Context > c.ContextSize {
		o.Context = c.ContextSize
	}
	if o.BatchSize <= 0 {
		o.BatchSize = defaultChunk
	}
	o.BatchSize = min(o.BatchSize, o.Context)
	return o
}

// Model is a language model on a backend, with the keys and values of one conversation. Its methods belong to the
// backend's goroutine.
//
// The token that Decode reads lies on the device. Prefill and Decode leave the most likely next token there, so that
// calling Decode again and again continues greedily without the CPU; SetNext puts another one in its place.
type Model struct {
	backend ops.Backend
	config  Config
	options Options
	outer   outerWeights
	network Network
	cache   *kvcache.Cache
	arena   Arena
	paged   *paged // nil when every expert has its slot

	warnings []string

	step   *ops.Tensor // U32 [ops.StepWords]
	order  *ops.Tensor // U32 [1, chunk]: 0, 1, 2, …
	tokens *ops.Tensor // U32 [1, chunk]; the first is the token that Decode reads
	x      *ops.Tensor // F32 [hidden, chunk]: the residual stream
	last   *ops.Tensor // F32 [hidden, 1]: its last token, normalised
	logits *ops.Tensor // F32 [vocab, 1]

	decode ops.Program
	chunk  ops.Program // prefill of a whole chunk that more tokens follow; nil until the first long prompt

	readBacks []*readBack // not answered yet, in their order
	decoded   bool        // a token since the last of them
}

// New builds a model of weights that Check has passed. The weights stay the caller's to free, after Close. Errors: those
// of Backend.Alloc and of reading weights back.
func New(ctx context.Context, b ops.Backend, f Family, weights Source, o Options) (*Model, error) {
	c := f.Config()
	w := &Weights{source: weights, paged: o.PagedExperts != nil, taken: map[string]bool{}}
	m := &Model{backend: b, config: c, options: o.forModel(c), outer: bindOuterWeights(c, w), arena: Arena{Backend: b}}
	m.config.VocabSize = m.outer.embedding.Dim(1)
	m.network = f.Bind(w)
	err := w.finish()
	if err == nil {
		err = m.prepare(ctx)
	}
	if err == nil {
		m.decode, err = m.record("decode", 1, true)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// prepare makes everything the ops write to.
func (m *Model) prepare(ctx context.Context) error {
	c, o, a := m.config, m.options, &m.arena
	m.step = a.New("step", quant.U32, ops.StepWords)
	m.order = a.Sequence("order", o.BatchSize)
	m.tokens = a.New("tokens", quant.U32, 1, o.BatchSize)
	m.x = a.F32("x", c.HiddenSize, o.BatchSize)
	m.last = a.F32("last", c.HiddenSize, 1)
	m.logits = a.F32("logits", c.VocabSize, 1)
	m.cache = NewCache(c, o, a.New)
	var err error
	if m.warnings, err = m.network.Prepare(ctx, a, o); err != nil {
		return err
	}
	if o.PagedExperts != nil {
		m.paged = newPaged(a, m.network, c.NumLayers, *o.PagedExperts)
	}
	return a.err
}

// NewCache is where a model's keys and values rest; alloc makes its tensors.
func NewCache(c Config, o Options, alloc func(name string, t quant.Type, shape ...int) *ops.Tensor) *kvcache.Cache {
	o = o.forModel(c)
	shape := kvcache.Shape{HeadDim: c.HeadDim, NumKVHeads: c.NumKVHeads, Context: o.Context, Type: quant.F16, NoRings: o.FullCaches}
	if o.CacheF32 {
		shape.Type = quant.F32
	}
	return kvcache.New(shape, c.Windows, alloc)
}

// record makes the program for n tokens; withHead says whether it goes on to the logits. In a paged model it is for one
// token, and stops where that misses an expert.
func (m *Model) record(label string, n int, withHead bool, embeddings ...Embeddings) (ops.Program, error) {
	x := m.x.Rows(0, n)
	all := func() {
		m.begin(x, embeddings)
		for i := range m.config.NumLayers {
			m.network.Layer(m.backend, i, x, m.step, m.cache)
		}
		m.end(x, withHead)
	}
	if m.paged != nil {
		return m.backend.RecordGuarded(label, m.paged.guard, all)
	}
	return m.backend.Record(label, all)
}

// begin is what comes before the layers.
func (m *Model) begin(x *ops.Tensor, embeddings []Embeddings) {
	b := m.backend
	b.GetRows(x, m.outer.embedding, m.tokens.Rows(0, x.Dim(1)))
	for _, i := range embeddings {
		b.SetRows(x, i.Vectors, m.order.Rows(i.At, i.Vectors.Dim(1)))
	}
}

// end is what comes after them.
func (m *Model) end(x *ops.Tensor, withHead bool) {
	b := m.backend
	if withHead {
		b.RMSNorm(m.last, x.Rows(x.Dim(1)-1, 1), m.outer.norm, m.config.Epsilon)
		b.MulMatVec(ops.Product{Dst: m.logits, X: m.last, W: []*ops.Tensor{m.outer.head}})
		b.Argmax(m.tokens.Rows(0, 1), m.logits)
	}
	b.Advance(m.step)
}

// Config is what the file says, with the vocabulary's size filled in.
func (m *Model) Config() Config { return m.config }

// Warnings are sentences for the user about the file.
func (m *Model) Warnings() []string { return m.warnings }

// Context is the number of positions a conversation may have.
func (m *Model) Context() int { return m.options.Context }

// Len is the number of positions computed so far.
func (m *Model) Len() int { return m.cache.Len() }

// Next is where the token lies that Decode reads: U32 [1].
func (m *Model) Next() *ops.Tensor { return m.tokens.Rows(0, 1) }

// Logits are those of the last token computed: F32 [vocab, 1].
func (m *Model) Logits() *ops.Tensor { return m.logits }

// SetNext makes token the one that Decode reads.
func (m *Model) SetNext(token int32) error { return m.backend.Write(m.Next(), 0, words(uint32(token))) }

// Decode queues the computation of one token, the one at Next. It does not wait. Errors: context_full, device_lost.
func (m *Model) Decode() error {
	if err := m.room(1); err != nil {
		return err
	}
	m.cache.Advance(1)
	m.decoded = true
	return m.decode.Run()
}

// Prefill computes tokens, at least one, at the positions that follow, some with embeddings of their own. It does not wait
// for the last chunk, but for each before that, so that the end of ctx takes effect; a paged model waits for experts.
// Errors: context_full before anything is computed, device_lost, ctx.Err(), those of ExpertPager.Seat; after one, Halt.
func (m *Model) Prefill(ctx context.Context, tokens []int32, embeddings ...Embeddings) error {
	if err := m.room(len(tokens)); err != nil {
		return err
	}
	for at := 0; at < len(tokens); {
		n := m.cache.MaxBatch(min(len(tokens)-at, m.options.BatchSize))
		if err := m.prefill(ctx, tokens[at:at+n], at+n == len(tokens), embeddingsWithin(embeddings, at, n)); err != nil {
			return err
		}
		if at += n; at == len(tokens) {
			break
		}
		if _, err := ops.Read(ctx, m.backend, m.step, 0, 4); err != nil {
			return err
		}
	}
	return nil
}

// prefill computes one call's tokens.
func (m *Model) prefill(ctx context.Context, tokens []int32, final bool, embeddings []Embeddings) error {
	ids := make([]uint32, len(tokens))
	for i, t := range tokens {
		ids[i] = uint32(t)
	}
	if err := m.backend.Write(m.tokens, 0, words(ids...)); err != nil {
		return err
	}
	step := words(uint32(m.cache.Len()), uint32(len(tokens)), 0, 0)
	if err := m.backend.Write(m.step, 0, step); err != nil {
		return err
	}
	m.cache.Advance(len(tokens))
	if m.paged != nil && len(tokens) > 1 {
		return m.layered(ctx, len(tokens), final, embeddings)
	}
	p, release, err := m.program(len(tokens), final, embeddings)
	if err != nil {
		return err
	}
	defer release()
	if err := p.Run(); err != nil || m.paged == nil {
		return err
	}
	return m.finish(ctx, p)
}

// program finds or records the program for n tokens. Two are kept, decode and a whole chunk; a prompt's odd rest, and what
// has embeddings of its own, is recorded for the occasion.
func (m *Model) program(n int, final bool, embeddings []Embeddings) (p ops.Program, release func(), err error) {
	keep := func() {}
	switch {
	case n == 1 && embeddings == nil:
		return m.decode, keep, nil
	case n < m.options.BatchSize || final || embeddings != nil:
		if p, err = m.record(fmt.Sprintf("prefill %d", n), n, final, embeddings...); err != nil {
			return nil, nil, err
		}
		return p, p.Release, nil
	case m.chunk == nil:
		m.chunk, err = m.record("prefill", n, false)
	}
	return m.chunk, keep, err
}

// Rewind forgets the positions from n on. It returns how many are left, which may be fewer; the caller computes those
// between again.
func (m *Model) Rewind(n int) (int, error) {
	left := m.cache.Rewind(n)
	return left, m.backend.Write(m.step, 0, words(uint32(left), 1, 0, 0))
}

// room checks that n more positions fit.
func (m *Model) room(n int) error {
	if need := m.Len() + n; need > m.options.Context {
		return errs.New(errs.ContextFull, fmt.Sprintf(
			"the conversation needs %d tokens, but the context holds %d; start a new one or shorten it", need, m.options.Context))
	}
	return nil
}

// Close frees everything but the weights.
func (m *Model) Close() {
	for _, p := range []ops.Program{m.decode, m.chunk} {
		if p != nil {
			p.Release()
		}
	}
	m.arena.Free()
}
