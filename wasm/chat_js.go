package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall/js"
	"time"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/openai"
	"github.com/outrider-web/outrider/internal/sample"
)

// chat is chat(signal, request, onChunk, onProgress): the request is checked before it waits for its turn.
func (a *api) chat(ctx context.Context, args []js.Value) (any, error) {
	request, err := openai.Parse(jsbridge.Tree(args[0]))
	if err != nil {
		return nil, err
	}
	give, err := a.take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	if err := a.serves(request.Model); err != nil {
		return nil, err
	}
	a.seeing, a.waiting = reporter(args[2]), waitReporter(args[2])
	onTile := tileReporter(args[2])
	answer := openai.Answer{
		ID:      fmt.Sprintf("chatcmpl-%016x", rand.Uint64()),
		Created: int(time.Now().Unix()),
		Model:   a.model["id"].(string),
	}
	if request.Stream {
		return nil, a.stream(ctx, request, answer, args[1], onTile)
	}
	return a.complete(ctx, request, answer, onTile)
}

// serves checks that a model is there, and the one asked for if one is.
func (a *api) serves(model string) error {
	switch {
	case a.model == nil:
		return errs.New(errs.InvalidRequest, "no model is loaded; load one first")
	case model != "" && model != a.model["id"]:
		return errs.New(errs.InvalidRequest, fmt.Sprintf("model: %q is not loaded, but %q is; load it first or leave the field out", model, a.model["id"]))
	}
	return nil
}

func (a *api) complete(ctx context.Context, r *openai.Request, answer openai.Answer, onTile func(done, total int)) (any, error) {
	var text []byte
	err := a.generate(ctx, r, onTile, func(delta string) { text = append(text, delta...) })
	if err != nil {
		return nil, err
	}
	return answer.Completion(string(text), string(a.last.Finish), a.usage()), nil
}

// stream sends the first chunk with the first text, so that a request that fails before has sent nothing.
func (a *api) stream(ctx context.Context, r *openai.Request, answer openai.Answer, onChunk js.Value, onTile func(done, total int)) error {
	begun := false
	begin := func() {
		if !begun {
			begun = true
			onChunk.Invoke(answer.First())
		}
	}
	err := a.generate(ctx, r, onTile, func(delta string) {
		begin()
		onChunk.Invoke(answer.Text(delta))
	})
	if err != nil {
		return err
	}
	begin()
	onChunk.Invoke(answer.Finish(string(a.last.Finish)))
	if r.IncludeUsage {
		onChunk.Invoke(answer.UsageDelta(a.usage()))
	}
	return nil
}

func (a *api) generate(ctx context.Context, r *openai.Request, onTile func(done, total int), emit func(delta string)) (err error) {
	a.pictureSeconds = 0
	p := params(r)
	p.OnTile = onTile
	a.last, err = a.engine.Chat(ctx, messages(r), chat.Options{Date: time.Now().Format("02 Jan 2006")}, p, func(delta string) bool {
		emit(delta)
		return true
	})
	if err != nil {
		a.lower(err)
	}
	return err
}

// tileReporter makes PictureProgress of web/src/protocol.ts for a callback.
func tileReporter(onProgress js.Value) func(done, total int) {
	return func(done, total int) {
		onProgress.Invoke(map[string]any{"phase": "picture", "done": done, "total": total})
	}
}

func (a *api) usage() openai.Usage {
	return openai.Usage{PromptTokens: a.last.PromptTokens, CompletionTokens: a.last.GeneratedTokens}
}

func messages(r *openai.Request) []chat.Message {
	list := make([]chat.Message, len(r.Messages))
	for i, m := range r.Messages {
		list[i].Role = chat.Role(m.Role)
		for _, part := range m.Parts {
			list[i].Parts = append(list[i].Parts, chat.ContentPart{Text: part.Text, Image: part.Image != "", File: []byte(part.Image)})
		}
	}
	return list
}

func params(r *openai.Request) engine.Params {
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
