package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/openai"
	"github.com/outrider-web/outrider/internal/sample"
	"github.com/outrider-web/outrider/internal/wire"
)

// ChatEvents receive what a chat request produces before its end.
type ChatEvents struct {
	Delta    func(openai.Object) // the pieces of a streamed answer
	Progress func(wire.ChatProgress)
}

// Chat answers a request in OpenAI's shape: with a completion, or with deltas and nil when the request asks for a stream.
// The request is checked before it waits for the ones before it. Errors: invalid_request; those of engine.Engine.Chat.
func (s *Session) Chat(ctx context.Context, request any, events ChatEvents) (openai.Object, error) {
	r, err := openai.Parse(request)
	if err != nil {
		return nil, err
	}
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	m, err := s.loaded(r.Model)
	if err != nil {
		return nil, err
	}
	s.setReporter(events.Progress)
	answer := openai.Answer{
		ID:      fmt.Sprintf("chatcmpl-%016x", rand.Uint64()),
		Created: int(time.Now().Unix()),
		Model:   m.files.model.ID,
	}
	if r.Stream {
		return nil, s.stream(ctx, m, r, answer, events.Delta)
	}
	return s.complete(ctx, m, r, answer)
}

func (s *Session) complete(ctx context.Context, m *openModel, r *openai.Request, answer openai.Answer) (openai.Object, error) {
	var text strings.Builder
	stats, err := s.generate(ctx, m, r, func(delta string) { text.WriteString(delta) })
	if err != nil {
		return nil, err
	}
	return answer.Completion(text.String(), string(stats.Finish), usage(stats)), nil
}

// stream sends the first delta together with the first text, so that a request that fails earlier has sent nothing.
func (s *Session) stream(ctx context.Context, m *openModel, r *openai.Request, answer openai.Answer, send func(openai.Object)) error {
	started := false
	start := func() {
		if !started {
			started = true
			send(answer.RoleDelta())
		}
	}
	stats, err := s.generate(ctx, m, r, func(delta string) {
		start()
		send(answer.TextDelta(delta))
	})
	if err != nil {
		return err
	}
	start()
	send(answer.FinishDelta(string(stats.Finish)))
	if r.IncludeUsage {
		send(answer.UsageDelta(usage(stats)))
	}
	return nil
}

// generate computes an answer and keeps its measurements.
func (s *Session) generate(ctx context.Context, m *openModel, r *openai.Request, emit func(delta string)) (engine.Stats, error) {
	s.updateLast(func(a *answer) { a.pictureSeconds = 0 })
	params := paramsOf(r)
	params.OnTile = func(done, total int) {
		s.reportProgress(wire.PictureProgress{Phase: "picture", Done: done, Total: total})
	}
	options := chat.Options{Date: time.Now().Format("02 Jan 2006")}
	stats, err := m.engine.Chat(ctx, messagesOf(r), options, params, func(delta string) bool {
		emit(delta)
		return true
	})
	s.updateLast(func(a *answer) { a.Stats = stats })
	if err != nil {
		m.lowerMemoryLimit(err) // for the next load
	}
	return stats, err
}

func usage(stats engine.Stats) openai.Usage {
	return openai.Usage{PromptTokens: stats.PromptTokens, CompletionTokens: stats.GeneratedTokens}
}

func messagesOf(r *openai.Request) []chat.Message {
	list := make([]chat.Message, len(r.Messages))
	for i, m := range r.Messages {
		list[i].Role = chat.Role(m.Role)
		for _, part := range m.Parts {
			list[i].Parts = append(list[i].Parts, chat.ContentPart{Text: part.Text, Image: part.Image != "", File: []byte(part.Image)})
		}
	}
	return list
}

func paramsOf(r *openai.Request) engine.Params {
	seed := rand.Uint64()
	if r.Seed != nil {
		seed = uint64(*r.Seed)
	}
	return engine.Params{
		Options:   sample.Options{Temperature: r.Temperature, TopP: r.TopP, Seed: seed},
		MaxTokens: r.MaxTokens,
		StopText:  r.Stop,
	}
}
