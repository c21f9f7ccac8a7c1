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

// Params of one answer.
type Params struct {
	sample.Options
	MaxTokens int      // 0: as many as the context has room for
	Stop      []int32  // tokens that end the answer; nil: the model's own
	StopText  []string // the answer's text ends before any of these; Chat only

	OnTile func(done, total int) // told of each tile of pictures that is encoded; may be nil
}

// inFlight is how many greedy steps are queued before the first one's token is waited for: enough for the device never
// to wait for the CPU, few enough for a stop to take effect at once.
const inFlight = 3

// Generate computes prompt and continues it, giving each new token to emit until emit returns false, a stop token comes
// (which emit does not see), or there is no more room. What the conversation before shares with the prompt from its
// beginning on is not computed again.
// Errors: invalid_request, context_full before any work; those of loading a tower for the first picture; device_lost;
// aborted when ctx ends. The statistics are true in every case.
func (e *Engine) Generate(ctx context.Context, prompt Prompt, p Params, emit func(token int32) bool) (Stats, error) {
	g := &generation{Engine: e, params: p, emit: emit, clock: startClock(len(prompt.Tokens))}
	if err := e.check(prompt); err != nil {
		return g.clock.stats, err
	}
	g.room = e.Context() - len(prompt.Tokens) + 1 // the last token of an answer needs no position
	if p.MaxTokens > 0 {
		g.room = min(g.room, p.MaxTokens)
	}
	if p.Stop == nil {
		g.params.Stop = e.stops
	}
	before := e.paging()
	err := e.prefill(ctx, prompt, p, &g.clock)
	g.clock.stats.PrefillPaging = e.paging().Since(before)
	if err == nil {
		before = e.paging()
		err = g.run(ctx)
		g.clock.stats.DecodePaging = e.paging().Since(before)
	}
	g.clock.finish()
	g.clock.stats.Tokens = g.answer
	return g.clock.stats, aborted(ctx, err)
}

// prefill brings the model to the end of the prompt, computing only what the history does not already hold, pictures first.
// At least the last token is computed: its logits are wanted.
func (e *Engine) prefill(ctx context.Context, p Prompt, o Params, c *clock) error {
	left, err := e.model.Rewind(min(e.shared(p), len(p.Tokens)-1))
	if err != nil {
		return err
	}
	c.stats.ReusedTokens = left
	e.remember(p, left)
	inserts, err := e.see(ctx, p, left, c.tiles(o.OnTile))
	if err != nil {
		return err
	}
	if err = e.model.Prefill(ctx, p.Tokens[left:], inserts...); err != nil {
		err = errors.Join(err, e.model.Halt(ctx))
	}
	e.remember(p, e.model.Len())
	return err
}

// generation is one answer under way.
type generation struct {
	*Engine
	params Params
	emit   func(int32) bool
	room   int // most tokens of the answer
	clock  clock
	answer []int32 // tokens so far, a final stop token included
}

// run produces the answer and leaves the model at its end.
func (g *generation) run(ctx context.Context) error {
	start := len(g.history)
	next := g.sampled
	if g.params.Greedy() {
		next = g.greedy
	}
	err := errors.Join(next(ctx), g.model.Halt(ctx))
	// Steps queued ahead have moved the model further; what is known of the answer is what counts.
	known := min(g.model.Len()-start, len(g.answer))
	g.history = append(g.history, g.answer[:known]...)
	left, rewindErr := g.model.Rewind(len(g.history))
	g.history = g.history[:left]
	return errors.Join(err, rewindErr)
}

// accept takes a token of the answer and reports whether more are wanted.
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
	case len(g.answer) == g.room:
		g.clock.end(FinishLength)
	default:
		return true
	}
	return false
}

// greedy lets the device feed itself: several steps are queued, and only their tokens come back.
func (g *generation) greedy(ctx context.Context) error {
	var queue []ops.Pending
	for more := true; more; {
		for len(queue) < inFlight && len(g.answer)+len(queue) < g.room {
			if len(g.answer)+len(queue) > 0 { // the first token came with the prompt's logits
				if err := g.model.Decode(); err != nil {
					return err
				}
			}
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

// sampled brings the logits back for every token and chooses on the CPU.
func (g *generation) sampled(ctx context.Context) error {
	s := sample.New(g.params.Options)
	logits := make([]float32, g.Config().VocabSize)
	for {
		data, err := g.model.ReadBack(g.model.Logits()).Wait(ctx)
		if err != nil {
			return err
		}
		quant.Dequantize(quant.F32, logits, data)
		token := s.Sample(logits)
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

// aborted names an error that is only the end of ctx.
func aborted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return errs.Wrap(errs.Aborted, "stopped", ctx.Err())
	}
	return err
}
