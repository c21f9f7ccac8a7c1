package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/hub"
)

// openFiles reads the headers of a model and, into a.eyes, of its vision file: the one given as mmproj, or one that lies among
// the files that a person picked together.
func (a *api) openFiles(ctx context.Context, source, mmproj js.Value, report func(loader.Progress)) (files *loader.Model, err error) {
	if !mmproj.IsNull() {
		if a.eyes, err = a.file(ctx, mmproj, report); err != nil {
			return nil, err
		}
	}
	if source.Get("kind").String() == "files" {
		return a.picked(ctx, fetch.PickedFiles(source.Get("files")), report)
	}
	return a.file(ctx, source, report)
}

// file reads the headers of one ModelSource of web/src/protocol.ts.
func (a *api) file(ctx context.Context, source js.Value, report func(loader.Progress)) (*loader.Model, error) {
	switch kind := source.Get("kind").String(); kind {
	case "url":
		place, name := fetch.SplitURL(hub.FileURL(source.Get("url").String()))
		return loader.Open(ctx, place, name, a.store, report)
	case "files":
		files := fetch.PickedFiles(source.Get("files"))
		return loader.Open(ctx, files, slices.Min(firsts(files)), a.store, report)
	case "stored":
		return loader.OpenStored(ctx, source.Get("id").String(), a.store, report)
	default:
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf("source.kind: is %q, not url, files or stored", kind))
	}
}

// picked opens files that a person chose together: a model, whose parts are numbered, and perhaps its vision file, which
// says so in its header.
func (a *api) picked(ctx context.Context, files fetch.Picked, report func(loader.Progress)) (text *loader.Model, err error) {
	for _, name := range firsts(files) {
		m, err := loader.Open(ctx, files, name, a.store, report)
		switch {
		case err != nil:
		case isVision(m) && a.eyes == nil:
			a.eyes = m
			continue
		case text == nil:
			text = m
			continue
		default:
			m.Close()
			err = errs.New(errs.InvalidRequest, name+" is one file too many; open one model, with its parts and its vision file")
		}
		if text != nil {
			text.Close()
		}
		return nil, err
	}
	if text == nil {
		return nil, errs.New(errs.InvalidRequest, "this is a vision file alone; open it together with its model")
	}
	return text, nil
}

// firsts names the first part of each model among files, in the order of their names.
func firsts(files fetch.Picked) (names []string) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		model := name
		if prefix, _, _, ok := hub.ParsePart(name); ok {
			model = prefix
		}
		if !seen[model] {
			seen[model] = true
			names = append(names, name)
		}
	}
	return names
}

func isVision(m *loader.Model) bool { return m.File.Meta.String("general.architecture", "") == "clip" }
