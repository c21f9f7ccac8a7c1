// Package openai reads requests in the shape of OpenAI's chat completions and writes answers in it. It knows what the
// shape allows and which part of it Outrider keeps; it refuses the rest by name instead of ignoring it, because a
// caller whose field is ignored gets a wrong answer without learning why. It knows nothing of models.
//
// Values are what JSON can say: map[string]any, []any, string, float64, bool and nil. In the browser JavaScript makes
// them of its own objects, so that no JSON has to be written or read between the two, and encoding/json, a tenth of
// the program's budget, stays out.
package openai

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Request asks for a chat completion. All of it has been checked.
type Request struct {
	Messages     []Message
	Model        string // "" means whichever is loaded
	Stream       bool
	IncludeUsage bool
	Temperature  float64  // 0 to 2; 1 when not given
	TopP         float64  // 0 to 1; 1 when not given
	Seed         *int64   // nil: any
	MaxTokens    int      // of the answer; 0 means as many as fit
	Stop         []string // the answer ends before any of these
}

// Message is one turn of a conversation.
type Message struct {
	Role  string // "system", "user" or "assistant"
	Parts []Part
}

// Part is a stretch of text or a picture.
type Part struct {
	Text  string
	Image string // the picture's address, data:, blob:, http: or https:; "" for text
}

// maxStops is OpenAI's limit.
const maxStops = 4

// Parse reads and checks a request. Errors are InvalidRequest and name the field, as in `messages[2].role`.
func Parse(request any) (*Request, error) {
	r := Request{Temperature: 1, TopP: 1}
	var maxTokens, maxCompletionTokens *int

	err := object("", request, fields{
		"messages":              r.parseMessages,
		"model":                 text(&r.Model),
		"stream":                boolean(&r.Stream),
		"stream_options":        r.parseStreamOptions,
		"temperature":           number(&r.Temperature, 2),
		"top_p":                 number(&r.TopP, 1),
		"seed":                  whole(&r.Seed),
		"max_tokens":            whole(&maxTokens),
		"max_completion_tokens": whole(&maxCompletionTokens),
		"stop":                  r.parseStop,

		"n":                   only("one answer at a time is given", 1.0),
		"frequency_penalty":   only("penalties are not supported yet", 0.0),
		"presence_penalty":    only("penalties are not supported yet", 0.0),
		"logprobs":            only("probabilities are not given yet", false),
		"store":               only("nothing is stored", false),
		"user":                accept,
		"metadata":            accept,
		"top_logprobs":        notYet,
		"logit_bias":          notYet,
		"response_format":     parseResponseFormat,
		"tools":               notYet,
		"tool_choice":         notYet,
		"parallel_tool_calls": notYet,
		"functions":           notYet,
		"function_call":       notYet,
		"modalities":          notYet,
		"audio":               notYet,
		"prediction":          notYet,
		"reasoning_effort":    notYet,
		"service_tier":        notYet,
		"web_search_options":  notYet,
		"prompt_cache_key":    accept,
		"safety_identifier":   accept,
	})
	if err != nil {
		return nil, err
	}
	if r.MaxTokens, err = oneOf(maxTokens, maxCompletionTokens); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

func (r *Request) check() error {
	switch {
	case len(r.Messages) == 0:
		return invalid("messages", "give at least one message")
	case r.Messages[len(r.Messages)-1].Role == "system":
		return invalid(fmt.Sprintf("messages[%d].role", len(r.Messages)-1), "the last message must be the user's or the assistant's")
	case r.IncludeUsage && !r.Stream:
		return invalid("stream_options", "is only for stream: true")
	}
	return nil
}

// oneOf takes the limit by either of its names; the older one still works.
func oneOf(maxTokens, maxCompletionTokens *int) (int, error) {
	name, limit := "max_completion_tokens", maxCompletionTokens
	if limit == nil {
		name, limit = "max_tokens", maxTokens
	}
	switch {
	case limit == nil:
		return 0, nil
	case *limit < 1:
		return 0, invalid(name, "must be at least 1")
	}
	return *limit, nil
}

// invalid says what is wrong with a field of the request.
func invalid(path, problem string) error {
	return errs.New(errs.InvalidRequest, fmt.Sprintf("%s: %s", path, problem))
}
