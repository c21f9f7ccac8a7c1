package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/chat"
)

// Chat generates the answer to a conversation and calls emit with each piece of its text, as NewAnswer describes.
// Errors: those of Prompt and of Generate.
func (e *Engine) Chat(ctx context.Context, messages []chat.Message, o chat.Options, p Params,
	emit func(delta string) bool) (Stats, error) {
	a := NewAnswer(messages, o, p, emit)
	defer a.Close()
	return e.Continue(ctx, a)
}
