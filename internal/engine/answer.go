package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Answer is the answer to a conversation while it is generated. It holds nothing on a device: when an engine loses its
// device, another engine of the same model can continue the answer.
type Answer struct {
	messages   []chat.Message
	options    chat.Options
	text       textWriter
	generation *generation
}

// NewAnswer returns an answer of which nothing is generated yet. emit is called with each piece of its text, until it
// returns false. Text is held back while it may be the beginning of a stop text, and while a character is incomplete.
func NewAnswer(messages []chat.Message, o chat.Options, p Params, emit func(delta string) bool) *Answer {
	a := &Answer{messages: messages, options: o}
	a.text = textWriter{stop: stopText{stops: p.StopText}, emit: emit}
	a.generation = newGeneration(p, a.text.token)
	return a
}

// NumTokens returns how many tokens have been generated.
func (a *Answer) NumTokens() int { return len(a.generation.answer) }

// Ended reports whether the answer is complete. An error may follow that no longer concerns it.
func (a *Answer) Ended() bool { return a.generation.ended() }

// Close emits the text that is held back. Nothing may be generated after it.
func (a *Answer) Close() {
	if a.text.text != nil {
		a.text.close()
	}
}

// Continue generates an answer to its end. It first computes the tokens that the answer has already, so that the rest
// is the same as if they had been computed on this engine. Errors: those of Prompt and of Generate. After device_lost,
// another engine can continue.
func (e *Engine) Continue(ctx context.Context, a *Answer) (Stats, error) {
	prompt, err := e.Prompt(ctx, a.messages, a.options)
	if err != nil {
		return a.generation.clock.stats, aborted(ctx, err)
	}
	if a.text.text == nil {
		a.text.text = e.tokenizer.NewStream()
	}
	return a.generation.run(ctx, e, prompt)
}

// textWriter converts the tokens of an answer into text.
type textWriter struct {
	text  *tokenizer.Stream // nil before the first token
	stop  stopText
	emit  func(delta string) bool
	ended bool // by a stop text or by emit
}

// token adds a token and reports whether the answer continues.
func (w *textWriter) token(token int32) bool {
	w.write(w.text.Push(token))
	return !w.ended
}

// close emits the text that was held back, unless the text has ended.
func (w *textWriter) close() {
	w.write(w.text.Flush())
	w.send(w.stop.flush())
}

// write adds text and emits what certainly precedes any stop text.
func (w *textWriter) write(text string) {
	certain, stopped := w.stop.push(text)
	w.send(certain)
	w.ended = w.ended || stopped
}

// send emits text unless the text has ended.
func (w *textWriter) send(delta string) {
	if delta != "" && !w.ended {
		w.ended = !w.emit(delta)
	}
}
