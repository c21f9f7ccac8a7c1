// Package loader reads the weights of a model from a server or from picked files, keeps them in a store, and hands the
// bytes of its tensors to a callback that uploads them to the GPU. It deals in (file, offset, length); the bytes
// themselves stay in the store and in the callback. It does not know what the tensors are for.
package loader

import (
	"context"
	"errors"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/hub"
	"github.com/outrider-web/outrider/loader/store"
)

// Blob is a piece of a file that has been read from the store; see fetch.Blob.
type Blob = fetch.Blob

// Model is a model whose headers have been read. Its files are in the store, completely or in part.
type Model struct {
	ID   string     // id of its first file; OpenStored takes it
	Name string     // name of its first file
	File *gguf.File // the headers of all parts, merged

	store   store.Store
	options Options
	parts   []*part
	waiting waitCounter // of Read
	storing waitCounter // of StoreRange, in the background

	whyMu sync.Mutex
	why   string // why StoreRange waits; "" if it does not
}

// Open is OpenWith for files without published hashes whose fetches fail when the server cannot be reached.
func Open(ctx context.Context, location fetch.Location, name string, st store.Store,
	report func(Progress)) (*Model, error) {
	return OpenWith(ctx, location, name, st, Options{Report: report})
}

// OpenWith reads the headers of a model, from the store if they are there. name is its only or first file; the other
// parts of a split model are at the same location. A server is not contacted for a file whose header is stored, so a
// model that is stored in part opens without the network; a change on the server shows when the next byte is fetched.
//
// Errors: those of fetch.Location.Open and store.Store; not_gguf, truncated, bad_header; file_changed for a picked file
// that differs from the stored one of the same name. A file that was not stored
// before and is not a model leaves nothing in the store.
func OpenWith(ctx context.Context, location fetch.Location, name string, st store.Store, o Options) (*Model, error) {
	m := &Model{ID: location.ID(name), Name: name, store: st, options: o, waiting: waitCounter{onWaiting: o.OnWaiting}}
	m.storing.onWaiting = m.setWhy
	meter := newProgressMeter(PhaseHeader, 0, o.Report)
	err := m.openParts(ctx, location, meter)
	if err == nil {
		m.File, err = m.mergeHeaders()
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	meter.finish()
	return m, nil
}

// mergeHeaders merges the headers of the parts.
func (m *Model) mergeHeaders() (*gguf.File, error) {
	var headers []*gguf.File
	for _, p := range m.parts {
		headers = append(headers, p.header)
	}
	file, err := gguf.Merge(headers)
	if err != nil {
		return nil, withFileName(m.Name, err)
	}
	return file, nil
}

// openParts opens the first file, then the other parts that its header names.
func (m *Model) openParts(ctx context.Context, location fetch.Location, meter *progressMeter) error {
	names := []string{m.Name}
	for i := 0; i < len(names); i++ {
		p := newPart(location, names[i], m.store, m.options)
		if err := openPart(ctx, p, m.options.integrityOf(i), meter); err != nil {
			return withFileName(names[i], err)
		}
		m.parts = append(m.parts, p)
		if i == 0 {
			var err error
			if names, err = partNames(m.Name, p.header); err != nil {
				return withFileName(m.Name, err)
			}
		}
	}
	return nil
}

// OpenStored opens a model by its id in the store, without the network if its headers are stored.
func OpenStored(ctx context.Context, id string, st store.Store, report func(Progress)) (*Model, error) {
	location, name := fetch.LocationOf(id)
	return Open(ctx, location, name, st, report)
}

// Close closes the model's sources. It must not be called while the model is being read. What is stored stays.
func (m *Model) Close() {
	for _, p := range m.parts {
		p.close()
		// Close does not wait for the store, and its error does not matter: the browser ends the use with the tab.
		go m.store.EndUse(context.Background(), p.file.ID)
	}
}

// Move moves the model's files to another kind of storage if the store supports it. It copies what is already stored:
// call it before the download and before anything else reads the model.
func (m *Model) Move(ctx context.Context, kind store.Kind) error {
	for _, p := range m.parts {
		file, err := m.store.OpenFile(ctx, p.file.ID, p.file.Info, kind)
		if err != nil {
			return m.explainStorageFull(withFileName(p.name, err))
		}
		p.setRecord(file)
	}
	return nil
}

// Bytes returns the size of all files of the model.
func (m *Model) Bytes() int64 {
	n := int64(0)
	for _, p := range m.parts {
		n += p.file.Size
	}
	return n
}

// partNames returns the names of a model's files; first is the header of the first one, which is called name.
func partNames(name string, first *gguf.File) ([]string, error) {
	split, err := first.Split()
	if err != nil || split.Count == 1 {
		return []string{name}, err
	}
	prefix, no, count, ok := hub.ParsePart(name)
	if !ok || count != split.Count || no != split.No {
		return nil, errs.New(errs.BadHeader, "this is one part of a split model, but its name does not say which; "+
			"name the parts as they were published, such as "+hub.PartName("model", split.No, split.Count))
	}
	if no != 0 {
		return nil, errs.New(errs.BadHeader,
			"this is not the first part of the model; open "+hub.PartName(prefix, 0, count))
	}
	names := make([]string, count)
	for i := range names {
		names[i] = hub.PartName(prefix, i, count)
	}
	return names, nil
}

// withFileName puts the name of the file before the error's message.
func withFileName(name string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return abortedError(err)
	}
	e := *errs.Of(err)
	e.Message = name + ": " + e.Message
	return &e
}

// abortedError returns the error of a call whose context ended.
func abortedError(cause error) error {
	return errs.Wrap(errs.Aborted, "stopped; what has arrived is kept", cause)
}
