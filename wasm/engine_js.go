package main

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/openai"
	"github.com/outrider-web/outrider/internal/session"
	"github.com/outrider-web/outrider/internal/wire"
)

// publish returns a new engine as JavaScript sees it: GoEngine of web/src/types/engine.d.ts. The first argument of
// every method is an AbortSignal, which jsbridge turns into the context.
func publish() map[string]any {
	e := engine{session.New(browser())}
	return map[string]any{
		"preflight": jsbridge.Method(e.preflight),
		"load":      jsbridge.Method(e.load),
		"chat":      jsbridge.Method(e.chat),
		"picture":   jsbridge.Method(e.picture),
		"unload":    jsbridge.Method(e.unload),
		"pause":     jsbridge.Method(e.pause),
		"resume":    jsbridge.Method(e.resume),
		"models":    jsbridge.Method(e.models),
		"delete":    jsbridge.Method(e.delete),
		"stats":     jsbridge.Method(e.stats),
	}
}

// engine has the methods of a session with arguments and results of JavaScript.
type engine struct{ session *session.Session }

// preflight has the arguments (source, mmproj, settings).
func (e engine) preflight(ctx context.Context, args []js.Value) (any, error) {
	return result(e.session.Preflight(ctx, session.PreflightRequest{
		ModelSources:      modelSources(args),
		PreflightSettings: jsbridge.Read[wire.PreflightSettings](args[2]),
	}))
}

// load has the arguments (source, mmproj, onProgress, paging).
func (e engine) load(ctx context.Context, args []js.Value) (any, error) {
	r := session.LoadRequest{ModelSources: modelSources(args), Paging: jsbridge.Read[wire.Paging](args[3])}
	return result(e.session.Load(ctx, r, callback[wire.Progress](args[2])))
}

// chat has the arguments (request, onDelta, onProgress).
func (e engine) chat(ctx context.Context, args []js.Value) (any, error) {
	request, err := jsbridge.Tree(args[0])
	if err != nil {
		return nil, err
	}
	completion, err := e.session.Chat(ctx, request, session.ChatEvents{
		Delta:    func(delta openai.Object) { args[1].Invoke(delta) },
		Progress: callback[wire.ChatProgress](args[2]),
	})
	if completion == nil {
		return nil, err // a streamed answer; an empty map would be an object
	}
	return completion, err
}

// picture has the argument (url).
func (e engine) picture(ctx context.Context, args []js.Value) (any, error) {
	return result(e.session.Picture(ctx, args[0].String()))
}

func (e engine) unload(ctx context.Context, _ []js.Value) (any, error) {
	return nil, e.session.Unload(ctx)
}

func (e engine) pause(context.Context, []js.Value) (any, error) {
	e.session.Pause()
	return nil, nil
}

func (e engine) resume(context.Context, []js.Value) (any, error) {
	e.session.Resume()
	return nil, nil
}

func (e engine) models(ctx context.Context, _ []js.Value) (any, error) {
	return result(e.session.Models(ctx))
}

// delete has the argument (id).
func (e engine) delete(ctx context.Context, args []js.Value) (any, error) {
	return nil, e.session.Delete(ctx, args[0].String())
}

func (e engine) stats(context.Context, []js.Value) (any, error) {
	return wire.Tree(e.session.Stats()), nil
}

// result returns a value of package wire as JavaScript takes it.
func result[T any](value T, err error) (any, error) { return wire.Tree(value), err }

// callback calls a JavaScript function with values of package wire.
func callback[T any](f js.Value) func(T) {
	return func(value T) { f.Invoke(wire.Tree(value)) }
}
