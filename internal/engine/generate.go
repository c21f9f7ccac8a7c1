package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/sample"
)

// Params are the parameters of one answer.
type Params struct {
	sample.Options
	MaxTokens int      // at most so many tokens; 0: as many as the context can hold
	Stop      []int32  // tokens that end the answer; nil: those of the model
	StopText  []string // the answer's text ends before the first of these; for Chat only

	StopRepetition bool // the answer ends once it repeats the same passage again and again

	OnTile func(done, total int) // called after each tile of the prompt's pictures that is encoded; may be nil
}

// maxQueuedSteps is how many greedy steps are queued before the token of the first is waited for: enough for the device
// never to wait for the CPU, few enough for a stop to take effect at once.
const maxQueuedSteps = 3

// Generate computes a prompt and generates tokens that continue it. It calls emit with each of them, until emit returns
// false, a stop token is generated (which is not emitted), MaxTokens is reached or the context is full. The prefix that
// the prompt shares with the conversation before is not computed again.
// Errors: invalid_request and context_full, before any work; those of loading the vision encoder for the first picture;
// device_lost; aborted when ctx ends. The statistics are valid also when there is an error.
func (e *Engine) Generate(ctx context.Context, prompt Prompt, p Params, emit func(token int32) bool) (Stats, error) {
	return newGeneration(p, emit).run(ctx, e, prompt)
}

// prefill computes the part of the prompt that the history does not have, pictures first. It computes at least the last
// token, because its logits are needed.
func (e *Engine) prefill(ctx context.Context, p Prompt, o Params, c *clock) error {
	left, err := e.model.Rewind(min(e.sharedPrefix(p), len(p.Tokens)-1))
	if err != nil {
		return err
	}
	c.stats.ReusedTokens = left
	e.setHistory(p, left)
	embeddings, err := e.encodePictures(ctx, p, left, c.tiles(o.OnTile))
	if err != nil {
		return err
	}
	if err = e.model.Prefill(ctx, p.Tokens[left:], embeddings...); err != nil {
		err = errors.Join(err, e.model.Halt(ctx))
	}
	e.setHistory(p, e.model.Len())
	return err
}

// generation is the state of generating one answer. Another engine can continue it.
type generation struct {
	*Engine // computes the answer at present
	params  Params
	emit    func(int32) bool
	sampler *sample.Sampler
	clock   clock
	answer  []int32 // tokens so far, including a final stop token

	maxTokens  int // of the answer
	repetition repetition
}

// newGeneration returns the state before the first token.
func newGeneration(p Params, emit func(int32) bool) *generation {
	return &generation{params: p, emit: emit, sampler: sample.New(p.Options), clock: startClock()}
}

// ended reports whether the answer is complete.
func (g *generation) ended() bool { return g.clock.stats.Finish != "" }

// run generates on e what is missing of the answer to a prompt. Errors: those of Engine.Generate.
func (g *generation) run(ctx context.Context, e *Engine, prompt Prompt) (Stats, error) {
	g.Engine, g.clock.stats.PromptTokens = e, len(prompt.Tokens)
	if err := e.check(prompt); err != nil {
		return g.clock.stats, err
	}
	g.maxTokens = e.Context() - len(prompt.Tokens) + 1 // the last token of an answer needs no position
	if p := g.params.MaxTokens; p > 0 {
		g.maxTokens = min(g.maxTokens, p)
	}
	if g.params.Stop == nil {
		g.params.Stop = e.stops
	}
	before := e.pagingStats()
	err := e.prefill(ctx, prompt, g.params, &g.clock)
	g.clock.stats.PrefillPaging = e.pagingStats().Since(before)
	if err == nil {
		before = e.pagingStats()
		err = g.decode(ctx)
		g.clock.stats.DecodePaging = e.pagingStats().Since(before)
	}
	g.clock.finish()
	g.clock.stats.Tokens = g.answer
	return g.clock.stats, aborted(ctx, err)
}

// decode generates the tokens of the answer and leaves the model at its end.
func (g *generation) decode(ctx context.Context) error {
	start := len(g.history)
	next := g.sampled
	if g.params.Greedy() {
		next = g.greedy
	}
	err := g.replay(ctx)
	if err == nil {
		err = next(ctx)
	}
	err = errors.Join(err, g.model.Halt(ctx))
	// Steps that were queued ahead have computed further positions; the history has only tokens that are known.
	known := min(g.model.Len()-start, len(g.answer))
	g.history = append(g.history, g.answer[:known]...)
	left, rewindErr := g.model.Rewind(len(g.history))
	g.history = g.history[:left]
	return errors.Join(err, rewindErr)
}

// replay computes the tokens that were generated on another engine. It computes them one by one, as they were
// generated, and not as a batch: then the next token is the same also where rounding decides.
func (g *generation) replay(ctx context.Context) error {
	for _, token := range g.answer {
		if err := errors.Join(ctx.Err(), g.model.SetNext(token)); err != nil {
			return err
		}
		if err := g.model.Decode(); err != nil {
			return err
		}
		if _, err := g.model.ReadBack(g.model.Next()).Wait(ctx); err != nil { // loads missing experts
			return err
		}
	}
	return nil
}

// accept adds a token to the answer and reports whether the answer continues.
func (g *generation) accept(token int32) bool {
	g.answer = append(g.answer, token)
	if slices.Contains(g.params.Stop, token) {
		g.clock.end(FinishStop)
		return false
	}
	g.clock.token()
	switch {
	case !g.emit(token):
		g.clock.end(FinishStop)
	case g.params.StopRepetition && g.repetition.add(token):
		g.clock.end(FinishRepetition)
	case len(g.answer) == g.maxTokens:
		g.clock.end(FinishLength)
	default:
		return true
	}
	return false
}

// greedy generates greedily: each step reads the token of the step before on the device. Several steps are queued, and
// only their tokens are read back.
func (g *generation) greedy(ctx context.Context) error {
	var queue []ops.Pending
	chosen := true // the first token, by prefill or replay
	for more := true; more; {
		for len(queue) < maxQueuedSteps && len(g.answer)+len(queue) < g.maxTokens {
			if !chosen {
				if err := g.model.Decode(); err != nil {
					return err
				}
			}
			chosen = false
			queue = append(queue, g.model.ReadBack(g.model.Next()))
		}
		data, err := queue[0].Wait(ctx)
		queue = queue[1:]
		if err != nil {
			return err
		}
		more = g.accept(int32(binary.LittleEndian.Uint32(data))) && ctx.Err() == nil
	}
	return ctx.Err()
}

// sampled reads the logits back for every token and samples on the CPU.
func (g *generation) sampled(ctx context.Context) error {
	logits := make([]float32, g.Config().VocabSize)
	for {
		data, err := g.model.ReadBack(g.model.Logits()).Wait(ctx)
		if err != nil {
			return err
		}
		quant.Dequantize(quant.F32, logits, data)
		token := g.sampler.Sample(logits)
		if !g.accept(token) {
			return ctx.Err()
		}
		if err := errors.Join(ctx.Err(), g.model.SetNext(token)); err != nil {
			return err
		}
		if err := g.model.Decode(); err != nil {
			return err
		}
	}
}

// aborted returns an error with the code aborted if err is only the end of ctx, and err otherwise.
func aborted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return errs.Wrap(errs.Aborted, "stopped", ctx.Err())
	}
	return err
}
