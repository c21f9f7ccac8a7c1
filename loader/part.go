package loader

import (
	"context"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// part is one file of a model.
type part struct {
	location fetch.Location
	name     string
	header   *gguf.File

	file      store.File // only Chunks changes, guarded by mu
	mu        sync.Mutex
	fetches   map[int]*chunkFetch // by chunk, guarded by mu
	recheckMu sync.Mutex          // held while the store is asked what it still has

	sourceLock chan struct{} // holds one token, whose holder may open or close the source; waiting for it ends with ctx
	source     fetch.Source  // nil until bytes are needed
}

func newPart(location fetch.Location, name string) *part {
	p := &part{
		location:   location,
		name:       name,
		fetches:    map[int]*chunkFetch{},
		sourceLock: make(chan struct{}, 1),
	}
	p.sourceLock <- struct{}{}
	return p
}

// openPart finds or creates a file's record in the store and reads the file's header.
func openPart(ctx context.Context, location fetch.Location, name string, st store.Store,
	meter *progressMeter) (*part, error) {
	p := newPart(location, name)
	if err := p.findOrCreate(ctx, st); err != nil {
		p.close()
		return nil, err
	}
	var err error
	p.header, err = gguf.Read(p.file.Size, func(n int64) ([]byte, error) { return p.readPrefix(ctx, st, n, meter) })
	if err != nil {
		p.close()
		if isUnusable(err) {
			st.Delete(ctx, p.file.ID) // its error is dropped: what is wrong with the file matters more
		}
		return nil, explainStorageFull(err, p.file.Stored(), p.file.Size)
	}
	return p, nil
}

// isUnusable reports whether an error says that the file is not a GGUF file that can be read.
func isUnusable(err error) bool {
	switch errs.Of(err).Code {
	case errs.NotGGUF, errs.Truncated, errs.BadHeader:
		return true
	}
	return false
}

// findOrCreate looks the file up in the store, and at its source unless its header is stored. The source of a picked
// file is always opened: that costs nothing, and the file may be another one than the stored one.
func (p *part) findOrCreate(ctx context.Context, st store.Store) error {
	id := p.location.ID(p.name)
	file, known, err := st.Find(ctx, id)
	if err != nil {
		return err
	}
	p.file = file
	if known && p.location.Remote() && (file.Complete() || file.Chunks[0]) {
		return nil
	}
	src, err := p.open(ctx)
	if err != nil || known && src.Info().Same(file.Info) {
		return err
	}
	if known {
		if err := st.Delete(ctx, id); err != nil {
			return err
		}
	}
	p.file, err = st.OpenFile(ctx, id, src.Info(), store.IndexedDB)
	return err
}

// open returns the part's source, which the first call opens.
func (p *part) open(ctx context.Context) (fetch.Source, error) {
	select {
	case token := <-p.sourceLock:
		defer func() { p.sourceLock <- token }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if p.source != nil {
		return p.source, nil
	}
	src, err := p.location.Open(ctx, p.name)
	if err != nil {
		return nil, err
	}
	p.source = src
	return src, nil
}

func (p *part) close() {
	token := <-p.sourceLock
	defer func() { p.sourceLock <- token }()
	if p.source != nil {
		p.source.Close()
		p.source = nil
	}
}

// readPrefix returns the first n bytes of the file. It stores their chunks first, so that the header can be read
// without the network later.
func (p *part) readPrefix(ctx context.Context, st store.Store, n int64, meter *progressMeter) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	for chunk := range int((n + store.ChunkBytes - 1) / store.ChunkBytes) {
		if err := p.ensureChunk(ctx, st, chunk, meter.startPiece()); err != nil {
			return nil, err
		}
	}
	b, err := st.Read(ctx, p.file.ID, 0, n)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	return b.Copy(), nil
}

// has reports whether a chunk is stored.
func (p *part) has(chunk int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Chunks[chunk]
}

// setChunk records whether a chunk is stored.
func (p *part) setChunk(chunk int, stored bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.Chunks[chunk] = stored
}

// setChunks takes over which chunks are stored from a record of the store.
func (p *part) setChunks(file store.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.Chunks = file.Chunks
}

// storedBytes returns the number of bytes in stored chunks.
func (p *part) storedBytes() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Stored()
}
