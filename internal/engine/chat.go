package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Chat generates the answer to a conversation and calls emit with each piece of its text, until emit returns false.
// Text is held back while it may be the beginning of a stop text, and while a character is incomplete. Errors: those of
// Prompt and of Generate.
func (e *Engine) Chat(ctx context.Context, messages []chat.Message, o chat.Options, p Params,
	emit func(delta string) bool) (Stats, error) {
	prompt, err := e.Prompt(ctx, messages, o)
	if err != nil {
		return Stats{}, aborted(ctx, err)
	}
	w := &textWriter{text: e.tokenizer.NewStream(), stop: stopText{stops: p.StopText}, emit: emit}
	stats, err := e.Generate(ctx, prompt, p, w.token)
	w.close()
	return stats, err
}

// textWriter converts the tokens of an answer into text.
type textWriter struct {
	text  *tokenizer.Stream
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
