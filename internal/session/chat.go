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

// Chat answers a request in OpenAI's shape: with a completion, or with deltas and nil when the request asks for a
// stream. The request is checked before it waits for the ones before it. Errors: invalid_request; those of
// engine.Engine.Continue.
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
	c := &chatCall{session: s, model: m, request: r, answer: openai.Answer{
		ID:      fmt.Sprintf("chatcmpl-%016x", rand.Uint64()),
		Created: int(time.Now().Unix()),
		Model:   m.files.model.ID,
	}}
	if r.Stream {
		return nil, c.stream(ctx, events.Delta)
	}
	return c.complete(ctx)
}

// chatCall is a request that is being answered.
type chatCall struct {
	session *Session
	model   *openModel
	request *openai.Request
	answer  openai.Answer
}

func (c *chatCall) complete(ctx context.Context) (openai.Object, error) {
	var text strings.Builder
	stats, err := c.generate(ctx, func(delta string) { text.WriteString(delta) })
	if err != nil {
		return nil, err
	}
	return c.answer.Completion(text.String(), string(stats.Finish), usage(stats)), nil
}

// stream sends the first delta together with the first text, so that a request that fails earlier has sent nothing.
func (c *chatCall) stream(ctx context.Context, send func(openai.Object)) error {
	started := false
	start := func() {
		if !started {
			started = true
			send(c.answer.RoleDelta())
		}
	}
	stats, err := c.generate(ctx, func(delta string) {
		start()
		send(c.answer.TextDelta(delta))
	})
	if err != nil {
		return err
	}
	start()
	send(c.answer.FinishDelta(string(stats.Finish)))
	if c.request.IncludeUsage {
		send(c.answer.UsageDelta(usage(stats)))
	}
	return nil
}

// generate computes the answer and keeps its measurements.
func (c *chatCall) generate(ctx context.Context, emit func(delta string)) (engine.Stats, error) {
	s := c.session
	s.updateLast(func(a *answer) { a.pictureSeconds = 0 })
	params := paramsOf(c.request)
	params.OnTile = func(done, total int) {
		s.reportProgress(wire.PictureProgress{Phase: "picture", Done: done, Total: total})
	}
	options := chat.Options{Date: time.Now().Format("02 Jan 2006"), Continue: c.request.Continue}
	a := engine.NewAnswer(messagesOf(c.request), options, params, func(delta string) bool {
		emit(delta)
		return true
	})
	defer a.Close()
	stats, err := c.model.finish(ctx, a, s.reportProgress)
	s.updateLast(func(a *answer) { a.Stats = stats })
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
			content := chat.ContentPart{Text: part.Text, Image: part.Image != "", File: []byte(part.Image)}
			list[i].Parts = append(list[i].Parts, content)
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
