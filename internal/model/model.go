package model

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// Options configure a model. NumExpertsUsed and NoTemperature change what it computes; their zero values are the
// published model.
type Options struct {
	Context    int  // positions of the longest conversation; 0, or more than the model was trained for: as many as that
	BatchSize  int  // tokens of a prompt computed at once, at most; 0: 512
	CacheF32   bool // keep keys and values in float32 instead of float16, to compare with references
	FullCaches bool // use full caches also in layers with an attention window, to compare rings with them

	NumExpertsUsed int  // routed experts that a token uses; 0: as many as the file says; more than there are: all
	NoTemperature  bool // do not scale the queries of Llama 4's NoPE layers

	PagedExperts *PagedExperts // nil: every expert is on the device, in the slot of its number
}

// defaultBatchSize is a compromise: a larger batch reads the weights less often, a smaller one takes less scratch
// memory and lets a stop take effect sooner.
const defaultBatchSize = 512

// forModel returns options with defaults and limits of a model.

func (o Options) forModel(c Config) Options {
	if o.Context <= 0 || o.Context > c.ContextSize {
		o.Context = c.ContextSize
	}
	if o.BatchSize <= 0 {
		o.BatchSize = defaultBatchSize
	}
	o.BatchSize = min(o.BatchSize, o.Context)
	return o
}

// Model is a language model on a backend, with the keys and values of one conversation. Only the backend's goroutine
// may call its methods.
//
// The token that Decode reads is on the device. Prefill and Decode write the most likely next token there, so that
// repeated calls of Decode continue greedily without the CPU. SetNext replaces it.
type Model struct {
	backend ops.Backend
	config  Config
	options Options
	outer   outerWeights
	network Network
	cache   *kvcache.Cache
	arena   Arena
	paged   *pagedState // nil when all experts are on the device

	warnings []string

	step   *ops.Tensor // U32 [ops.StepWords]
	order  *ops.Tensor // U32 [1, batchSize]: 0, 1, 2, …
	tokens *ops.Tensor // U32 [1, batchSize]; the first is the token that Decode reads
	x      *ops.Tensor // F32 [hidden, batchSize]: the residual stream
	last   *ops.Tensor // F32 [hidden, 1]: the last column of x, normalised
	logits *ops.Tensor // F32 [vocab, 1]

	decode    ops.Program
	fullBatch ops.Program // prefill of a full batch that is not the last; nil until the first long prompt

	readBacks []*readBack // read-backs that have not been waited for, in order
	decoded   bool        // Decode has been called since the last ReadBack
}

// New builds a model from weights that have passed Check. The caller frees the weights, after Close. Errors: those of
// Backend.Alloc and of reading weights back.
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

// prepare makes the tensors that ops write.
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
		m.paged = newPagedState(a, m.network, c.NumLayers, *o.PagedExperts)
	}
	return a.err
}

// NewCache returns the cache for the keys and values of a model. alloc makes its tensors.
func NewCache(c Config, o Options, alloc func(name string, t quant.Type, shape ...int) *ops.Tensor) *kvcache.Cache {
	o = o.forModel(c)
	shape := kvcache.Shape{HeadDim: c.HeadDim, NumKVHeads: c.NumKVHeads, Context: o.Context, Type: quant.F16,
		NoRings: o.FullCaches}
	if o.CacheF32 {
		shape.Type = quant.F32
	}
	return kvcache.New(shape, c.Windows, alloc)
}

// record makes the program for n tokens. withHead says whether it computes logits. In a paged model n must be 1, and
// the program stops at a router that chooses a missing expert.
func (m *Model) record(label string, n int, withHead bool, embeddings ...Embeddings) (ops.Program, error) {
	x := m.x.Rows(0, n)
	all := func() {
		m.embed(x, embeddings)
		for i := range m.config.NumLayers {
			m.network.Layer(m.backend, i, x, m.step, m.cache)
		}
		m.finishBatch(x, withHead)
	}
	if m.paged != nil {
		return m.backend.RecordGuarded(label, m.paged.guard, all)
	}
	return m.backend.Record(label, all)
}

// embed writes the embeddings of tokens to x.
func (m *Model) embed(x *ops.Tensor, embeddings []Embeddings) {
	b := m.backend
	b.GetRows(x, m.outer.embedding, m.tokens.Rows(0, x.Dim(1)))
	for _, i := range embeddings {
		b.SetRows(x, i.Vectors, m.order.Rows(i.At, i.Vectors.Dim(1)))
	}
}

// finishBatch computes what follows the layers: the logits and the most likely token, if withHead, and the next
// position.
func (m *Model) finishBatch(x *ops.Tensor, withHead bool) {
	b := m.backend
	if withHead {
		b.RMSNorm(m.last, x.Rows(x.Dim(1)-1, 1), m.outer.norm, m.config.Epsilon)
		b.MulMatVec(ops.Product{Dst: m.logits, X: m.last, W: []*ops.Tensor{m.outer.head}})
		b.Argmax(m.tokens.Rows(0, 1), m.logits)
	}
	b.Advance(m.step)
}

// Config returns what the file says, and the size of the vocabulary if the file does not say it.
func (m *Model) Config() Config { return m.config }

// Warnings returns sentences for the user about the file.
func (m *Model) Warnings() []string { return m.warnings }

// Context returns the number of positions that a conversation may have.
func (m *Model) Context() int { return m.options.Context }

// Len returns the number of positions that have been computed or queued.
func (m *Model) Len() int { return m.cache.Len() }

// Next returns the tensor with the token that Decode reads: U32 [1].
func (m *Model) Next() *ops.Tensor { return m.tokens.Rows(0, 1) }

// Logits returns the tensor with the logits of the last token: F32 [vocab, 1].
func (m *Model) Logits() *ops.Tensor { return m.logits }

// SetNext writes the token that Decode reads.
func (m *Model) SetNext(token int32) error { return m.backend.Write(m.Next(), 0, words(uint32(token))) }

// Decode queues the computation of the token at Next. It does not wait. Errors: context_full, device_lost.
func (m *Model) Decode() error {
	if err := m.checkContext(1); err != nil {
		return err
	}
	m.cache.Advance(1)
	m.decoded = true
	return m.decode.Run()
}

// Prefill computes tokens, at least one, at the next positions. Some may have embeddings of their own. It waits for
// each batch but the last, so that the end of ctx takes effect; a paged model waits for experts. Errors: context_full,
// before anything is computed; device_lost, ctx.Err(), those of ExpertLoader.LoadExperts. After an error the caller
// must call Halt.
func (m *Model) Prefill(ctx context.Context, tokens []int32, embeddings ...Embeddings) error {
	if err := m.checkContext(len(tokens)); err != nil {
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

// prefill computes one batch.
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
		return m.prefillByLayer(ctx, len(tokens), final, embeddings)
	}
	p, release, err := m.program(len(tokens), final, embeddings)
	if err != nil {
		return err
	}
	defer release()
	if err := p.Run(); err != nil || m.paged == nil {
		return err
	}
	return m.runToCompletion(ctx, p)
}

// program returns the program for a batch of n tokens, and a function to release it with. Two programs are kept, those
// for decode and for a full batch; the last batch of a prompt and one with embeddings are recorded each time.
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
	case m.fullBatch == nil:
		m.fullBatch, err = m.record("prefill", n, false)
	}
	return m.fullBatch, keep, err
}

// Rewind forgets the positions from n on. It returns how many positions are left, which may be fewer than n; the caller
// must compute those in between again.
func (m *Model) Rewind(n int) (int, error) {
	left := m.cache.Rewind(n)
	return left, m.backend.Write(m.step, 0, words(uint32(left), 1, 0, 0))
}

// checkContext checks that n more positions fit into the context.
func (m *Model) checkContext(n int) error {
	if need := m.Len() + n; need > m.options.Context {
		return errs.New(errs.ContextFull, fmt.Sprintf(
			"the conversation needs %d tokens, but the context holds %d; start a new one or shorten it", need,
			m.options.Context))
	}
	return nil
}

// Close frees everything but the weights.
func (m *Model) Close() {
	for _, p := range []ops.Program{m.decode, m.fullBatch} {
		if p != nil {
			p.Release()
		}
	}
	m.arena.Free()
}
