package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Chat answers a conversation, giving the answer's text to emit as it becomes certain, until emit returns false. A rune
// whose tokens have not all come, and text that may be the beginning of a stop text, is held back. Errors: those of
// Prompt and of Generate.
func (e *Engine) Chat(ctx context.Context, messages []chat.Message, o chat.Options, p Params, emit func(delta string) bool) (Stats, error) {
	prompt, err := e.Prompt(ctx, messages, o)
	if err != nil {
		return Stats{}, aborted(ctx, err)
	}
	w := &writer{text: e.tokenizer.NewStream(), stop: stopText{stops: p.StopText}, emit: emit}
	stats, err := e.Generate(ctx, prompt, p, w.token)
	w.close()
	return stats, err
}

// writer turns an answer's tokens into text.
type writer struct {
	text  *tokenizer.Stream
	stop  stopText
	emit  func(delta string) bool
	ended bool // by a stop text or by emit
}

// token takes a token and reports whether more are wanted.
func (w *writer) token(token int32) bool {
	w.write(w.text.Push(token))
	return !w.ended
}

// close emits what was held back, unless the text has ended.
func (w *writer) close() {
	w.write(w.text.Flush())
	w.send(w.stop.flush())
}

func (w *writer) write(text string) {
	certain, stopped := w.stop.push(text)
	w.send(certain)
	w.ended = w.ended || stopped
}

func (w *writer) send(delta string) {
	if delta != "" && !w.ended {
		w.ended = !w.emit(delta)
	}
}
