package engine

import (
	"maps"
	"slices"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Engine is an open model with the conversation it last computed. Its methods belong to the backend's goroutine.
type Engine struct {
	backend   ops.Backend
	weights   model.Source
	pages     *pages // nil when all experts lie on the GPU
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	format    chat.Format
	stops     []int32
	vision    *sight   // nil for a model that cannot see
	history   []int32  // the token at each position of the model's cache
	seen      []placed // the pictures of the prompt it began with
}

// Context is the number of tokens that a prompt and its answer may have together.
func (e *Engine) Context() int { return e.model.Context() }

// Config is what the file says about the model.
func (e *Engine) Config() model.Config { return e.model.Config() }

// Warnings are sentences for the user about the file: it runs, but may not be what its makers meant.
func (e *Engine) Warnings() []string { return e.model.Warnings() }

// Tokenizer is the model's.
func (e *Engine) Tokenizer() *tokenizer.Tokenizer { return e.tokenizer }

// Stops are the tokens that end an answer.
func (e *Engine) Stops() []int32 { return e.stops }

// Forget drops the conversation, so that the next prompt is computed from its first token.
func (e *Engine) Forget() {
	e.history, e.seen = nil, nil
	if e.vision != nil {
		e.vision.keep(nil)
	}
}

// Close frees the model and its weights, and waits for reads under way. The backend stays the caller's.
func (e *Engine) Close() {
	e.detachVision()
	if e.pages != nil {
		e.pages.close()
		e.pages = nil
	}
	if e.model != nil {
		e.model.Close()
	}
	e.backend.Free(slices.Collect(maps.Values(e.weights))...)
	e.weights = nil
}
