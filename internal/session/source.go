package session

import (
	"context"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/hub"
	"github.com/outrider-web/outrider/loader/store"
)

// modelFiles are the open files of a model and of its vision encoder.
type modelFiles struct {
	model  *loader.Model
	vision *loader.Model // nil when the model has none
}

func (f modelFiles) close() {
	for _, m := range []*loader.Model{f.model, f.vision} {
		if m != nil {
			m.Close()
		}
	}
}

// bytes returns the size of all files and how many of these bytes are stored.
func (f modelFiles) bytes() (all, stored int64) {
	for _, m := range []*loader.Model{f.model, f.vision} {
		if m != nil {
			all += m.Bytes()
			stored += m.Bytes() - m.MissingBytes(nil)
		}
	}
	return all, stored
}

// checkPublished compares all files with their published hashes.
func (f modelFiles) checkPublished(ctx context.Context) {
	for _, m := range []*loader.Model{f.model, f.vision} {
		if m != nil {
			m.CheckPublished(ctx, nil)
		}
	}
}

// reportFunc receives the progress of the loader; it may be nil.
type reportFunc = func(loader.Progress)

// openFiles reads the headers of a model and of its vision file: the one that the sources name, one among the picked
// files, or the one with which the model was loaded before. Errors: those of loader.Open; invalid_request for a wrong
// choice of files.
func openFiles(ctx context.Context, sources ModelSources, st store.Store, o loader.Options) (f modelFiles, err error) {
	defer func() {
		if err != nil {
			f.close()
			f = modelFiles{}
		}
	}()
	if sources.Vision != nil {
		if f.vision, err = sources.Vision.open(ctx, st, o); err != nil {
			return f, err
		}
	}
	if sources.Model.Kind == "files" {
		err = f.openPicked(ctx, sources.Model, st, o)
	} else {
		f.model, err = sources.Model.open(ctx, st, o)
	}
	if err == nil && f.vision == nil {
		f.vision, err = openStoredVision(ctx, f.model.Vision(), st, o)
	}
	return f, err
}

// openStoredVision opens the vision file with which a model was loaded before. It returns nil when there is none, or
// when it is no longer stored.
func openStoredVision(ctx context.Context, id string, st store.Store, o loader.Options) (*loader.Model, error) {
	if id == "" {
		return nil, nil
	}
	if _, stored, err := st.Find(ctx, id); err != nil || !stored {
		return nil, err
	}
	location, name := fetch.LocationOf(id)
	return loader.OpenWith(ctx, location, name, st, o)
}

// open reads the headers of one model or vision file.
func (s Source) open(ctx context.Context, st store.Store, o loader.Options) (_ *loader.Model, err error) {
	if o.Integrity, err = loader.ParseIntegrity(s.Integrity); err != nil {
		return nil, err
	}
	switch s.Kind {
	case "url":
		location, name := fetch.SplitURL(hub.FileURL(s.URL))
		return loader.OpenWith(ctx, location.WithMirrors(s.Mirrors), name, st, o)
	case "files":
		names := firstParts(s.Files.Names())
		if len(names) == 0 {
			return nil, noFiles()
		}
		return loader.OpenWith(ctx, s.Files, names[0], st, o)
	case "stored":
		location, name := fetch.LocationOf(s.ID)
		return loader.OpenWith(ctx, location, name, st, o)
	}
	return nil, errs.New(errs.InvalidRequest, fmt.Sprintf("source.kind: is %q, not url, files or stored", s.Kind))
}

// openPicked opens files that a person chose together: a model, perhaps in numbered parts, and perhaps a vision file,
// which is told from a model by its header. Published hashes are those of the first one of two.
func (f *modelFiles) openPicked(ctx context.Context, s Source, st store.Store, o loader.Options) (err error) {
	names := firstParts(s.Files.Names())
	if len(names) == 0 {
		return noFiles()
	}
	if o.Integrity, err = loader.ParseIntegrity(s.Integrity); err != nil {
		return err
	}
	for _, name := range names {
		m, err := loader.OpenWith(ctx, s.Files, name, st, o)
		o.Integrity = nil
		switch {
		case err != nil:
			return err
		case isVision(m) && f.vision == nil:
			f.vision = m
		case f.model == nil:
			f.model = m
		default:
			m.Close()
			return errs.New(errs.InvalidRequest,
				name+" is one file too many; open one model, with its parts and its vision file")
		}
	}
	if f.model == nil {
		return errs.New(errs.InvalidRequest, "this is a vision file alone; open it together with its model")
	}
	return nil
}

func noFiles() error {
	return errs.New(errs.InvalidRequest, "source.files: is empty; choose a model file")
}

// isVision reports whether a file holds a vision encoder.
func isVision(m *loader.Model) bool { return m.File.Meta.String("general.architecture", "") == "clip" }

// firstParts returns the first part of each model among sorted names of files.
func firstParts(names []string) (firsts []string) {
	seen := map[string]bool{}
	for _, name := range names {
		model := name
		if prefix, _, _, ok := hub.ParsePart(name); ok {
			model = prefix
		}
		if !seen[model] {
			seen[model] = true
			firsts = append(firsts, name)
		}
	}
	return firsts
}
