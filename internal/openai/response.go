package openai

import "encoding/json"

// Why an answer ended.
const (
	FinishStop   = "stop"   // the model ended it, or a stop string did
	FinishLength = "length" // max_tokens, or the context is full
)

// Usage counts tokens.
type Usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// NewUsage counts a prompt and its answer.
func NewUsage(prompt, completion int) Usage { return Usage{prompt, completion, prompt + completion} }

// An Answer is one completion in the making; all of its pieces carry the same id, time and model.
type Answer struct {
	ID      string
	Created int64 // seconds since 1970
	Model   string
}

type completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *Usage   `json:"usage,omitempty"`
}

type choice struct {
	Index        int      `json:"index"`
	Message      *message `json:"message,omitempty"`
	Delta        *delta   `json:"delta,omitempty"`
	FinishReason *string  `json:"finish_reason"`
	Logprobs     *string  `json:"logprobs"` // always null so far
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type delta struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content,omitempty"`
}

// Completion is the whole answer at once.
func (a Answer) Completion(content, finishReason string, u Usage) []byte {
	return a.encode("chat.completion", &u, choice{
		Message:      &message{"assistant", content},
		FinishReason: &finishReason,
	})
}

// First is the chunk that opens a stream: it only names the role.
func (a Answer) First() []byte { return a.chunk(&delta{Role: "assistant"}, nil) }

// Text is a chunk with the next piece of the answer.
func (a Answer) Text(piece string) []byte { return a.chunk(&delta{Content: piece}, nil) }

// Finish is the chunk that says why the answer ended.
func (a Answer) Finish(reason string) []byte { return a.chunk(&delta{}, &reason) }

// UsageChunk follows the last choice when the request asked for it; it has no choices.
func (a Answer) UsageChunk(u Usage) []byte { return a.encode("chat.completion.chunk", &u) }

func (a Answer) chunk(d *delta, finishReason *string) []byte {
	return a.encode("chat.completion.chunk", nil, choice{Delta: d, FinishReason: finishReason})
}

func (a Answer) encode(object string, u *Usage, choices ...choice) []byte {
	if choices == nil {
		choices = []choice{} // [], not null
	}
	data, err := json.Marshal(completion{a.ID, object, a.Created, a.Model, choices, u})
	if err != nil {
		panic(err) // these types always encode
	}
	return data
}
