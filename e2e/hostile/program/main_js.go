// Command program is the loader alone, without engine and GPU, for the tests of e2e/hostile. It publishes its methods
// to the worker that started it, as the global outriderLoader.
package main

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

func main() {
	js.Global().Set("outriderLoader", map[string]any{
		"download": jsbridge.Method(download),
		"read":     jsbridge.Method(read),
		"list":     jsbridge.Method(list),
		"delete":   jsbridge.Method(remove),
	})
	select {} // the worker calls; the program ends with it
}

// download has the arguments (url, options, onProgress), where options are {mirrors, integrity, kind}. It stores the
// whole file.
func download(ctx context.Context, args []js.Value) (any, error) {
	m, err := open(ctx, args)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return nil, m.Download(ctx, nil, reporter(args[2]))
}

// read has the arguments (url, options, onProgress). It reads the whole file as tensors are read: chunks that are not
// stored are fetched.
func read(ctx context.Context, args []js.Value) (any, error) {
	m, err := open(ctx, args)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	for offset := int64(0); offset < m.Bytes(); offset += store.ChunkBytes {
		blob, err := m.Read(ctx, 0, offset, min(store.ChunkBytes, m.Bytes()-offset))
		if err != nil {
			return nil, err
		}
		blob.Release()
	}
	return nil, nil
}

func open(ctx context.Context, args []js.Value) (*loader.Model, error) {
	location, name := fetch.SplitURL(args[0].String())
	o := loader.Options{Patient: true, Report: reporter(args[2])}
	if mirrors := args[1].Get("mirrors"); mirrors.Truthy() {
		var urls []string
		for i := range mirrors.Length() {
			urls = append(urls, mirrors.Index(i).String())
		}
		location = location.WithMirrors(urls)
	}
	if integrity := args[1].Get("integrity"); integrity.Truthy() {
		hashes, err := loader.ParseIntegrity(integrity.String())
		if err != nil {
			return nil, err
		}
		o.Integrity = hashes
	}
	m, err := loader.OpenWith(ctx, location, name, store.Browser{}, o)
	if err != nil {
		return nil, err
	}
	if kind := args[1].Get("kind"); kind.Truthy() {
		if err := m.Move(ctx, store.Kind(kind.String())); err != nil {
			m.Close()
			return nil, err
		}
	}
	return m, nil
}

// reporter returns a function that calls a JavaScript function with {phase, done, waiting}.
func reporter(onProgress js.Value) func(loader.Progress) {
	return func(p loader.Progress) {
		onProgress.Invoke(map[string]any{"phase": string(p.Phase), "done": p.Done, "waiting": p.Waiting})
	}
}

// list returns the names of the stored models.
func list(ctx context.Context, _ []js.Value) (any, error) {
	models, err := loader.List(ctx, store.Browser{})
	names := []any{}
	for _, m := range models {
		names = append(names, m.ID)
	}
	return names, err
}

// remove has the argument (id).
func remove(ctx context.Context, args []js.Value) (any, error) {
	return nil, loader.Delete(ctx, args[0].String(), store.Browser{})
}
