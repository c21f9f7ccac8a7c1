package openai

// Object is an object of the answer, with the values of JSON, as in Parse, and int for whole numbers.
type Object = map[string]any

// Usage is the number of tokens of a request and its answer.
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

// Answer is what all pieces of one answer have in common.
type Answer struct {
	ID      string
	Created int // seconds since 1970
	Model   string
}

// Completion returns the whole answer at once. finishReason is "stop", "length" or "repetition".
func (a Answer) Completion(content, finishReason string, u Usage) Object {
	o := a.object("chat.completion", choice("message", Object{"role": "assistant", "content": content}, finishReason))
	o["usage"] = u.object()
	return o
}

// RoleDelta returns the first delta of a stream, which has only the role.
func (a Answer) RoleDelta() Object {
	return a.delta(choice("delta", Object{"role": "assistant"}, nil))
}

// TextDelta returns a delta with the next text of the answer.
func (a Answer) TextDelta(text string) Object {
	return a.delta(choice("delta", Object{"content": text}, nil))
}

// FinishDelta returns the delta that says why the answer ended.
func (a Answer) FinishDelta(reason string) Object {
	return a.delta(choice("delta", Object{}, reason))
}

// UsageDelta returns the delta that follows the last choice when the request asked for it; it has no choices.
func (a Answer) UsageDelta(u Usage) Object {
	o := a.delta()
	o["usage"] = u.object()
	return o
}

// delta returns a piece of a stream, which OpenAI names a chunk.
func (a Answer) delta(choices ...any) Object {
	return a.object("chat.completion.chunk", choices...)
}

func (a Answer) object(kind string, choices ...any) Object {
	if choices == nil {
		choices = []any{} // [], not null
	}
	return Object{"id": a.ID, "object": kind, "created": a.Created, "model": a.Model, "choices": choices}
}

// choice returns the one choice of an answer. name is "message" or "delta"; finishReason is nil before the end.
func choice(name string, content Object, finishReason any) Object {
	return Object{"index": 0, name: content, "finish_reason": finishReason, "logprobs": nil}
}
