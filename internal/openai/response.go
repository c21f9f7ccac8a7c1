package openai

// Object is an object of the answer: what JSON can say, as in Parse, and int for whole numbers.
type Object = map[string]any

// Usage counts tokens.
type Usage struct {
	PromptTokens     int
	CompletionTokens int
}

func (u Usage) object() Object {
	return Object{
		"prompt_tokens":     u.PromptTokens,
		"completion_tokens": u.CompletionTokens,
		"total_tokens":      u.PromptTokens + u.CompletionTokens,
	}
}

// An Answer is one completion in the making; all of its pieces carry the same id, time and model.
type Answer struct {
	ID      string
	Created int // seconds since 1970
	Model   string
}

// Completion is the whole answer at once. finishReason is "stop" or "length".
func (a Answer) Completion(content, finishReason string, u Usage) Object {
	o := a.object("chat.completion", choice("message", Object{"role": "assistant", "content": content}, finishReason))
	o["usage"] = u.object()
	return o
}

// First is the chunk that opens a stream: it only names the role.
func (a Answer) First() Object { return a.chunk(choice("delta", Object{"role": "assistant"}, nil)) }

// Text is a chunk with the next piece of the answer.
func (a Answer) Text(piece string) Object {
	return a.chunk(choice("delta", Object{"content": piece}, nil))
}

// Finish is the chunk that says why the answer ended.
func (a Answer) Finish(reason string) Object { return a.chunk(choice("delta", Object{}, reason)) }

// UsageDelta follows the last choice when the request asked for it; it has no choices.
func (a Answer) UsageDelta(u Usage) Object {
	o := a.chunk()
	o["usage"] = u.object()
	return o
}

func (a Answer) chunk(choices ...any) Object { return a.object("chat.completion.chunk", choices...) }

func (a Answer) object(kind string, choices ...any) Object {
	if choices == nil {
		choices = []any{} // [], not null
	}
	return Object{"id": a.ID, "object": kind, "created": a.Created, "model": a.Model, "choices": choices}
}

// choice is the only one: its content under the name of its shape, and why it ended, nil while it has not.
func choice(shape string, content Object, finishReason any) Object {
	return Object{"index": 0, shape: content, "finish_reason": finishReason, "logprobs": nil}
}
