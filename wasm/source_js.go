package main

import (
	"syscall/js"

	"github.com/outrider-web/outrider/internal/session"
	"github.com/outrider-web/outrider/loader/fetch"
)

// modelSources reads the arguments (source, mmproj): two of ModelSource in web/src/protocol.ts, of which mmproj may be
// null.
func modelSources(args []js.Value) session.ModelSources {
	sources := session.ModelSources{Model: source(args[0])}
	if !args[1].IsNull() {
		vision := source(args[1])
		sources.Vision = &vision
	}
	return sources
}

func source(v js.Value) session.Source {
	s := session.Source{Kind: v.Get("kind").String()}
	switch s.Kind {
	case "url":
		s.URL = v.Get("url").String()
	case "files":
		s.Files = fetch.PickedFiles(v.Get("files"))
	case "stored":
		s.ID = v.Get("id").String()
	}
	if integrity := v.Get("integrity"); integrity.Type() == js.TypeString {
		s.Integrity = integrity.String()
	}
	if mirrors := v.Get("mirrors"); mirrors.Truthy() {
		for i := range mirrors.Length() {
			s.Mirrors = append(s.Mirrors, mirrors.Index(i).String())
		}
	}
	return s
}
