// Package loader brings a model's weights from where they lie to where they are computed with: it reads the headers of
// its files, keeps the files in a store, and hands the tensors' bytes to the GPU. It deals in (file, offset, length); the
// bytes themselves stay with the store and the sink. It refuses to know what the tensors are for.
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

// Blob is a piece of a file on its way; see fetch.Blob.
type Blob = fetch.Blob

// Model is a model whose headers have been read. Its files are in the store, whole or in part.
type Model struct {
	ID   string     // of its first file; OpenStored takes it
	Name string     // of its first file
	File *gguf.File // all parts together

	store store.Store
	parts []*part
}

// part is one file of a model.
type part struct {
	location fetch.Location
	name     string
	header   *gguf.File

	file      store.File // only Chunks changes, under mu
	mu        sync.Mutex
	fetches   map[int]*chunkFetch // chunks on their way, under mu
	recheckMu sync.Mutex

	sourceLock chan struct{} // holds one token; who has it may open or close the source
	source     fetch.Source  // nil until bytes are needed
}

func newPart(place fetch.Location, name string) *part {
	p := &part{location: place, name: name, fetches: map[int]*chunkFetch{}, sourceLock: make(chan struct{}, 1)}
	p.sourceLock <- struct{}{}
	return p
}

// Open reads the headers of a model, from the store as far as they are there. name is its only or first file; the other
// parts of a split model lie beside it. A server is not asked for a file whose header is stored, so that a model which is
// there in part opens without the network; whether it has changed shows when the next byte of it is needed. A picked file
// that is not the one of which chunks are stored takes its place. report may be nil.
//
// Errors: those of fetch.Place.Open and store.Store; not_gguf, truncated, bad_header. A file that is no model leaves
// nothing in the store.
func Open(ctx context.Context, place fetch.Location, name string, st store.Store, report func(Progress)) (*Model, error) {
	m := &Model{ID: place.ID(name), Name: name, store: st}
	names := []string{name}
	meter := newProgressMeter(PhaseHeader, 0, report)
	var headers []*gguf.File
	for i := 0; i < len(names); i++ {
		p, err := openPart(ctx, place, names[i], st, meter)
		if err != nil {
			m.Close()
			return nil, withFileName(names[i], err)
		}
		m.parts = append(m.parts, p)
		headers = append(headers, p.header)
		if i == 0 {
			if names, err = partNames(name, p.header); err != nil {
				m.Close()
				return nil, withFileName(name, err)
			}
		}
	}
	meter.finish()
	file, err := gguf.Merge(headers)
	if err != nil {
		m.Close()
		return nil, withFileName(name, err)
	}
	m.File = file
	return m, nil
}

// OpenStored opens a model of the store by its id, without the network when its headers are there.
func OpenStored(ctx context.Context, id string, st store.Store, report func(Progress)) (*Model, error) {
	place, name := fetch.LocationOf(id)
	return Open(ctx, place, name, st, report)
}

// Close lets go of the model's sources, when nobody reads any more. What is stored stays.
func (m *Model) Close() {
	for _, p := range m.parts {
		p.close()
	}
}

// Move has the model's bytes held in another way from now on, where the store can. It copies what is stored already: call
// it before the download, and before anything else reads the model.
func (m *Model) Move(ctx context.Context, kind store.Kind) error {
	for _, p := range m.parts {
		file, err := m.store.Move(ctx, p.file.ID, kind)
		if err != nil {
			return m.explain(withFileName(p.name, err))
		}
		p.file = file
	}
	return nil
}

// Bytes is the size of all files of the model.
func (m *Model) Bytes() int64 {
	n := int64(0)
	for _, p := range m.parts {
		n += p.file.Size
	}
	return n
}

// partNames lists the files of a model whose first one has header first.
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
		return nil, errs.New(errs.BadHeader, "this is not the first part of the model; open "+hub.PartName(prefix, 0, count))
	}
	names := make([]string, count)
	for i := range names {
		names[i] = hub.PartName(prefix, i, count)
	}
	return names, nil
}

// about puts the name of the file before what happened to it.
func withFileName(name string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return abortedError(err)
	}
	e := *errs.Of(err)
	e.Message = name + ": " + e.Message
	return &e
}

func abortedError(cause error) error {
	return errs.Wrap(errs.Aborted, "stopped; what has arrived is kept", cause).AsRetryable()
}
