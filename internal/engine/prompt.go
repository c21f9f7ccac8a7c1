package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/errs"
)

// Prompt is what a model reads: tokens, and pictures in the places of some.
type Prompt struct {
	Tokens   []int32
	pictures []placed // in their order
}

// Prompt lays out a conversation as the model's tokens. Pictures are decoded unless the conversation had them already.
// Errors: those of chat.Format.Render and of decoding; invalid_request for a picture that the model cannot see.
func (e *Engine) Prompt(ctx context.Context, messages []chat.Message, o chat.Options) (Prompt, error) {
	pieces, err := e.format.Render(messages, o)
	if err != nil {
		return Prompt{}, err
	}
	pictures, err := e.openPictures(ctx, messages)
	if err != nil {
		return Prompt{}, err
	}
	tokens, err := chat.Tokens(e.tokenizer, pieces, func(i int) []int32 { return pictures[i].tokens })
	if err != nil || e.vision == nil {
		return Prompt{Tokens: tokens}, err
	}
	places, err := e.vision.place(tokens, pictures)
	return Prompt{tokens, places}, err
}

// openPictures opens the pictures of messages, and forgets those of other conversations.
func (e *Engine) openPictures(ctx context.Context, messages []chat.Message) (all []*picture, err error) {
	for _, file := range files(messages) {
		if e.vision == nil {
			return nil, errs.New(errs.InvalidRequest, "this model cannot see images; leave them out or load a model that can")
		}
		p, err := e.vision.open(ctx, file)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if e.vision != nil {
		e.vision.keep(all)
	}
	return all, nil
}

// files are those of the pictures, in their order.
func files(messages []chat.Message) (all [][]byte) {
	for _, m := range messages {
		for _, part := range m.Parts {
			if part.Image {
				all = append(all, part.File)
			}
		}
	}
	return all
}

// check refuses what cannot be computed, before any work.
func (e *Engine) check(p Prompt) error {
	if len(p.Tokens) == 0 {
		return errs.New(errs.InvalidRequest, "the prompt has no tokens")
	}
	if len(p.Tokens) > e.Context() {
		return errs.New(errs.ContextFull, fmt.Sprintf(
			"the conversation is %d tokens long, but the context holds %d; start a new one or shorten it", len(p.Tokens), e.Context()))
	}
	for i, t := range p.Tokens {
		if t < 0 || int(t) >= e.Config().VocabSize {
			return errs.New(errs.InvalidRequest, fmt.Sprintf("token %d of the prompt is %d, but the vocabulary has %d tokens", i, t, e.Config().VocabSize))
		}
	}
	return e.checkPatches(p)
}

// checkPatches refuses a prompt with other places for vectors than those of its pictures.
func (e *Engine) checkPatches(p Prompt) error {
	if e.vision == nil {
		return nil
	}
	vectors := 0
	for _, picture := range p.pictures {
		vectors += e.vision.vectorsOf(picture.picture)
	}
	_, err := e.vision.patches(p.Tokens, vectors)
	return err
}

// shared is how many positions of the conversation before begin the prompt too: those of the same tokens, up to the
// first picture that is another one. Where tokens are the same, so are the places of pictures.
func (e *Engine) shared(p Prompt) int {
	n := 0
	for n < min(len(e.history), len(p.Tokens)) && e.history[n] == p.Tokens[n] {
		n++
	}
	for i, picture := range p.pictures {
		if i >= len(e.seen) || e.seen[i].id != picture.id {
			return min(n, picture.at)
		}
	}
	return n
}

// remember notes that the model holds the first n positions of p.
func (e *Engine) remember(p Prompt, n int) {
	e.history, e.seen = slices.Clone(p.Tokens[:n]), p.pictures
}
