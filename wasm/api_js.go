package main

import (
	"context"
	"runtime"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/gpu"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// api is one engine as JavaScript sees it. Backend and engine belong to whoever holds the turn.
type api struct {
	turn    chan struct{} // holds one token; who has it works
	store   store.Browser
	backend *gpu.Backend
	engine  *engine.Engine
	vision  *engine.VisionPlan // nil for a model that cannot see
	files   *loader.Model      // the model's, open as long as it is: experts are read when they are wanted
	eyes    *loader.Model      // the vision file, as well: it is read with the first picture
	model   map[string]any     // LoadedModel in web/src/protocol.ts; nil when none is
	last    engine.Stats       // of the last answer

	pictureSeconds float64               // decoding and cutting the pictures of the last answer
	seeing         func(loader.Progress) // told of the tower's weights while an answer is under way
	waiting        func(why error)       // told while it cannot go on for want of the network

	search *preflight.Search // for GPU memory, on this device
	taken  int64             // bytes that it has given the model; 0 when it was not asked

	rest context.CancelFunc // ends the download of experts that nobody has asked for yet
}

func newAPI() *api {
	a := &api{turn: make(chan struct{}, 1), rest: func() {}}
	a.turn <- struct{}{}
	return a
}

// publish makes the object that web/src/types/engine.d.ts describes.
func (a *api) publish() map[string]any {
	return map[string]any{
		"preflight": jsbridge.Method(a.preflight),
		"load":      jsbridge.Method(a.load),
		"chat":      jsbridge.Method(a.chat),
		"picture":   jsbridge.Method(a.picture),
		"unload":    jsbridge.Method(a.unload),
		"models":    jsbridge.Method(a.models),
		"delete":    jsbridge.Method(a.delete),
		"stats":     jsbridge.Method(a.stats),
	}
}

// take waits for the turn; give it back with the function.
func (a *api) take(ctx context.Context) (give func(), err error) {
	select {
	case token := <-a.turn:
		return func() { a.turn <- token }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// load is load(signal, source, mmproj, onProgress, paging); mmproj is a source or null, paging as paging reads it. The GPU
// comes first: without one there is no use in downloading.
func (a *api) load(ctx context.Context, args []js.Value) (any, error) {
	give, err := a.take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	for try := 1; ; try++ {
		err := a.begin(ctx, args)
		if err == nil {
			return a.model, nil
		}
		again := a.lower(err) && try < mostTries
		a.close()
		if !again {
			return nil, err
		}
	}
}

// begin opens a device and a model on it.
func (a *api) begin(ctx context.Context, args []js.Value) (err error) {
	a.close()
	if a.backend, err = gpu.New(ctx, gpu.Options{}); err != nil {
		return err
	}
	o, setting := a.paging(args[3])
	a.find(ctx, setting)
	return a.open(ctx, args[0], args[1], o, reporter(args[2]))
}

// open brings a model from its source onto the backend. Everything that the headers tell is checked before the rest is
// downloaded; experts that are paged come last, while the model is used.
func (a *api) open(ctx context.Context, source, mmproj js.Value, o engine.Options, report func(loader.Progress)) (err error) {
	if a.files, err = a.openFiles(ctx, source, mmproj, report); err != nil {
		return err
	}
	plan, err := a.plan(o)
	if err != nil {
		return err
	}
	if o, a.taken, err = plan.FindSlots(a.backend, a.search, o); err != nil {
		return err
	}
	if err = a.download(ctx, plan.ResidentTensors(a.backend.Limits(), o), report); err != nil {
		return err
	}
	if a.engine, err = plan.Open(ctx, a.backend, a.files, o, report); err != nil {
		return err
	}
	if a.vision != nil {
		a.engine.AttachVision(a.vision, a.eyes, engine.VisionOptions{Cut: a.cut, Report: func(p loader.Progress) { a.seeing(p) }})
	}
	a.model = a.describe()
	a.downloadRest()
	return nil
}

// download brings what must be there before the first token: the residents of a paged model, all of another, which has none.
func (a *api) download(ctx context.Context, residents []gguf.Tensor, report func(loader.Progress)) error {
	if residents != nil {
		if err := a.hasten(ctx); err != nil {
			return err
		}
	}
	return a.files.Download(ctx, residents, report)
}

// describe makes LoadedModel of web/src/protocol.ts.
func (a *api) describe() map[string]any {
	files := a.files
	return map[string]any{
		"id":            files.ID,
		"name":          files.File.Meta.String("general.name", files.Name),
		"architecture":  a.engine.Config().Architecture,
		"contextLength": a.engine.Context(),
		"bytes":         files.Bytes(),
		"warnings":      texts(a.engine.Warnings()),
		"vision":        a.engine.HasVision(),
	}
}

// mostMoved is how many stored bytes are copied for a faster store; with more, a person would wait too long.
const mostMoved = 1 << 30

// hasten has a paged model kept where reads are fastest.
func (a *api) hasten(ctx context.Context) error {
	if a.files.Bytes()-a.files.MissingBytes(nil) > mostMoved {
		return nil
	}
	return a.files.Move(ctx, store.OPFS)
}

// downloadRest goes on with the download until the model is whole or closed. An error is none: what is missing then is
// asked for again when a token wants it.
func (a *api) downloadRest() {
	ctx, cancel := context.WithCancel(context.Background())
	a.rest = cancel
	go a.engine.DownloadExperts(ctx)
}

// plan checks both headers against each other and against the device.
func (a *api) plan(o engine.Options) (*engine.Plan, error) {
	plan, err := engine.Read(a.files.File)
	if err == nil {
		err = plan.Fit(a.backend.Limits(), o)
	}
	if err == nil && a.eyes != nil {
		a.vision, err = plan.ReadVision(a.eyes.File)
	}
	if err == nil && a.vision != nil {
		err = a.vision.Fit(a.backend.Limits())
	}
	return plan, err
}

// reporter makes Progress of web/src/protocol.ts for a callback.
func reporter(onProgress js.Value) func(loader.Progress) {
	return func(p loader.Progress) {
		onProgress.Invoke(map[string]any{
			"phase":          string(p.Phase),
			"bytesDone":      p.Done,
			"bytesTotal":     p.Total,
			"bytesPerSecond": p.BytesPerSecond,
			"secondsLeft":    p.SecondsLeft,
		})
	}
}

// unload is unload(signal).
func (a *api) unload(ctx context.Context, _ []js.Value) (any, error) {
	give, err := a.take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	a.close()
	return nil, nil
}

// close gives back the model and the device, so that a new load begins with a device that is known to be well.
func (a *api) close() {
	a.rest()
	if a.engine != nil {
		a.engine.Close()
	}
	if a.backend != nil {
		a.backend.Close()
	}
	for _, files := range []*loader.Model{a.files, a.eyes} {
		if files != nil {
			files.Close()
		}
	}
	a.engine, a.backend, a.model, a.last = nil, nil, nil, engine.Stats{}
	a.search, a.taken = nil, 0
	a.vision, a.files, a.eyes, a.pictureSeconds = nil, nil, nil, 0
}

// models is models(signal).
func (a *api) models(ctx context.Context, _ []js.Value) (any, error) {
	stored, err := loader.List(ctx, a.store)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(stored))
	for i, m := range stored {
		list[i] = map[string]any{
			"id":          m.ID,
			"name":        m.Name,
			"bytesStored": m.StoredBytes,
			"bytesTotal":  m.Bytes,
			"complete":    m.Complete,
		}
	}
	return list, nil
}

// delete is delete(signal, id).
func (a *api) delete(ctx context.Context, args []js.Value) (any, error) {
	return nil, loader.Delete(ctx, args[0].String(), a.store)
}

func (a *api) gpuBytes() int64 {
	if a.backend == nil {
		return 0
	}
	return a.backend.Bytes()
}

// stats is stats(signal). WebAssembly memory never shrinks, so what Go has taken is also the most it ever took.
func (a *api) stats(context.Context, []js.Value) (any, error) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	inFlight, peakInFlight := fetch.HeldBytes()
	tokens := make([]any, len(a.last.Tokens))
	for i, t := range a.last.Tokens {
		tokens[i] = t
	}
	return map[string]any{
		"memoryBytes":       memory.Sys,
		"heapBytes":         max(memory.HeapAlloc, a.last.PeakHeapBytes),
		"bytesInFlight":     inFlight,
		"peakBytesInFlight": peakInFlight,
		"gpuBytes":          a.gpuBytes(),
		"promptTokens":      a.last.PromptTokens,
		"completionTokens":  a.last.GeneratedTokens,
		"prefillSeconds":    a.last.PrefillSeconds,
		"decodeSeconds":     a.last.DecodeSeconds,
		"tokensPerSecond":   a.last.TokensPerSecond(),
		"tokens":            tokens,
		"tiles":             a.last.EncodedTiles,
		"pictureSeconds":    a.pictureSeconds,
		"encodeSeconds":     a.last.EncodeSeconds,
		"paging":            a.pagingStats(),
	}, nil
}

// texts are strings as JavaScript takes them.
func texts(list []string) []any {
	items := make([]any, len(list))
	for i, text := range list {
		items[i] = text
	}
	return items
}
