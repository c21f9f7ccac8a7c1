// Package openai reads requests in the shape of OpenAI's chat completions and writes answers in it. It refuses by name
// every field that Outrider does not support, since a caller whose field was ignored would get a wrong answer without
// knowing why. It knows nothing of models.
//
// Values are those of JSON: map[string]any, []any, string, float64, bool and nil. In the browser they are made from
// JavaScript's objects directly, so that no JSON is written or parsed between the two and encoding/json, a tenth of the
// program's size, is not linked.
package openai

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Request is a request for a chat completion that has been checked.
type Request struct {
	Messages     []Message
	Model        string // "" means the loaded one
	Continue     bool   // the answer continues the last message, which is the assistant's
	Stream       bool
	IncludeUsage bool
	Temperature  float64  // 0 to 2; 1 when absent
	TopP         float64  // 0 to 1; 1 when absent
	Seed         *int64   // nil: any
	MaxTokens    int      // of the answer; 0 means as many as fit
	Stop         []string // the answer ends before any of these
}

// Message is a message of a conversation.
type Message struct {
	Role  string // "system", "user" or "assistant"
	Parts []Part
}

// Part is a piece of text or a picture.
type Part struct {
	Text  string
	Image string // the picture's address, data:, blob:, http: or https:; "" for text
}

// maxStops is OpenAI's limit.
const maxStops = 4

// Parse reads and checks a request. Errors: invalid_request, with the path of the field, as in `messages[2].role`.
func Parse(request any) (*Request, error) {
	r := Request{Temperature: 1, TopP: 1}
	var maxTokens, maxCompletionTokens *int
	err := object("", request, r.supported(&maxTokens, &maxCompletionTokens), unsupported)
	if err != nil {
		return nil, err
	}
	if r.MaxTokens, err = maxTokensOf(maxTokens, maxCompletionTokens); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

// supported are the fields that change the answer, and set r.
func (r *Request) supported(maxTokens, maxCompletionTokens **int) fields {
	return fields{
		"messages":               r.parseMessages,
		"model":                  text(&r.Model),
		"continue_final_message": boolean(&r.Continue),
		"stream":                 boolean(&r.Stream),
		"stream_options":         r.parseStreamOptions,
		"temperature":            number(&r.Temperature, 2),
		"top_p":                  number(&r.TopP, 1),
		"seed":                   integer(&r.Seed),
		"max_tokens":             integer(maxTokens),
		"max_completion_tokens":  integer(maxCompletionTokens),
		"stop":                   r.parseStop,
		"response_format":        parseResponseFormat,
	}
}

// unsupported are OpenAI's other fields: those that are ignored because they cannot change the answer, those that may
// only have the value that changes nothing, and those that are refused.
var unsupported = fields{
	"user":              ignored,
	"metadata":          ignored,
	"prompt_cache_key":  ignored,
	"safety_identifier": ignored,

	"n":                 only(1.0, "one answer at a time is generated"),
	"frequency_penalty": only(0.0, "penalties are not supported yet"),
	"presence_penalty":  only(0.0, "penalties are not supported yet"),
	"logprobs":          only(false, "log probabilities are not supported yet"),
	"store":             only(false, "answers are not stored"),

	"top_logprobs":        refused,
	"logit_bias":          refused,
	"tools":               refused,
	"tool_choice":         refused,
	"parallel_tool_calls": refused,
	"functions":           refused,
	"function_call":       refused,
	"modalities":          refused,
	"audio":               refused,
	"prediction":          refused,
	"reasoning_effort":    refused,
	"service_tier":        refused,
	"web_search_options":  refused,
}

// check checks what concerns several fields.
func (r *Request) check() error {
	switch {
	case len(r.Messages) == 0:
		return invalid("messages", "give at least one message")
	case r.Messages[len(r.Messages)-1].Role == "system":
		return invalid(fmt.Sprintf("messages[%d].role", len(r.Messages)-1),
			"the last message must be the user's or the assistant's")
	case r.Continue && r.Messages[len(r.Messages)-1].Role != "assistant":
		return invalid("continue_final_message", "is only for a last message of the assistant")
	case r.IncludeUsage && !r.Stream:
		return invalid("stream_options", "is only for stream: true")
	}
	return nil
}

// maxTokensOf returns the limit, which has two names: the newer one takes precedence.
func maxTokensOf(maxTokens, maxCompletionTokens *int) (int, error) {
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
