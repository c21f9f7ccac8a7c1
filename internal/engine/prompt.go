package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/errs"
)

// Prompt is what a model reads: tokens, some of which stand for pictures.
type Prompt struct {
	Tokens   []int32
	pictures []picturePosition // in the order of the prompt
}

// Prompt converts a conversation into the model's tokens. Pictures that are new to the conversation are decoded.
// Errors: those of chat.Format.Render and of VisionOptions.Cut; invalid_request for pictures when the model has no
// vision.
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
	positions, err := e.vision.locate(tokens, pictures)
	return Prompt{tokens, positions}, err
}

// openPictures opens the pictures of messages, and forgets those that are not among them.
func (e *Engine) openPictures(ctx context.Context, messages []chat.Message) (all []*picture, err error) {
	for _, file := range pictureFiles(messages) {
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
		e.vision.keepPictures(all)
	}
	return all, nil
}

// pictureFiles returns the files of the pictures of messages, in order.
func pictureFiles(messages []chat.Message) (all [][]byte) {
	for _, m := range messages {
		for _, part := range m.Parts {
			if part.Image {
				all = append(all, part.File)
			}
		}
	}
	return all
}

// check returns an error for a prompt that cannot be computed, before any work: invalid_request, context_full.
func (e *Engine) check(p Prompt) error {
	if len(p.Tokens) == 0 {
		return errs.New(errs.InvalidRequest, "the prompt has no tokens")
	}
	if len(p.Tokens) > e.Context() {
		return errs.New(errs.ContextFull, fmt.Sprintf("the conversation is %d tokens long, but the context holds %d; "+
			"start a new one or shorten it", len(p.Tokens), e.Context()))
	}
	for i, t := range p.Tokens {
		if t < 0 || int(t) >= e.Config().VocabSize {
			return errs.New(errs.InvalidRequest, fmt.Sprintf("token %d of the prompt is %d, but the vocabulary has %d tokens",
				i, t, e.Config().VocabSize))
		}
	}
	return e.checkPatches(p)
}

// checkPatches checks that a prompt has a patch token for each vector of its pictures.
func (e *Engine) checkPatches(p Prompt) error {
	if e.vision == nil {
		return nil
	}
	vectors := 0
	for _, picture := range p.pictures {
		vectors += e.vision.numVectors(picture.picture)
	}
	_, err := e.vision.patchPositions(p.Tokens, vectors)
	return err
}

// sharedPrefix returns how many positions of the history the prompt begins with: those with the same tokens, up to the
// first picture that is another one. Where tokens are equal, so are the positions of pictures.
func (e *Engine) sharedPrefix(p Prompt) int {
	n := 0
	for n < min(len(e.history), len(p.Tokens)) && e.history[n] == p.Tokens[n] {
		n++
	}
	for i, picture := range p.pictures {
		if i >= len(e.pictures) || e.pictures[i].id != picture.id {
			return min(n, picture.at)
		}
	}
	return n
}

// setHistory records that the model holds the first n positions of a prompt.
func (e *Engine) setHistory(p Prompt, n int) {
	e.history, e.pictures = slices.Clone(p.Tokens[:n]), p.pictures
}
