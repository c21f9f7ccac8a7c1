package engine

import (
	"maps"
	"slices"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/experts"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/tokenizer"
)

// Engine is an open model with the conversation that it last computed. Its methods belong to the goroutine of the
// backend, except for DownloadExperts.
type Engine struct {
	backend   ops.Backend
	weights   model.Source
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	format    chat.Format
	stops     []int32
	vision    *vision // nil for a model without a vision file

	placement *placement           // nil when all experts are on the GPU, as are the next two
	table     *ops.Tensor          // the slot of each expert
	pager     *experts.ExpertPager // loads experts into slots
	onDemand  bool                 // Paging.OnDemand

	history  []int32           // the token at each position of the model's cache
	pictures []picturePosition // the pictures of the prompt that the history begins with
}

// Context returns the number of tokens that a prompt and its answer may have together.
func (e *Engine) Context() int { return e.model.Context() }

// Config returns what the file says about the model.
func (e *Engine) Config() model.Config { return e.model.Config() }

// Warnings returns sentences for the user about a file that runs, but may not compute what its publisher meant.
func (e *Engine) Warnings() []string { return e.model.Warnings() }

// Close frees the model and its weights, and waits for reads in progress. The backend stays open.
func (e *Engine) Close() {
	e.detachVision()
	if e.pager != nil {
		e.pager.Close()
		e.pager = nil
	}
	if e.table != nil {
		e.backend.Free(e.table)
		e.table = nil
	}
	if e.model != nil {
		e.model.Close()
	}
	e.backend.Free(slices.Collect(maps.Values(e.weights))...)
	e.weights = nil
}
