package loader

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// openPart finds or makes a file's record in the store and reads the file's header.
func openPart(ctx context.Context, place fetch.Location, name string, st store.Store, meter *progressMeter) (*part, error) {
	p := newPart(place, name)
	if err := p.findOrCreate(ctx, st); err != nil {
		p.close()
		return nil, err
	}
	var err error
	p.header, err = gguf.Read(p.file.Size, func(n int64) ([]byte, error) { return p.readPrefix(ctx, st, n, meter) })
	if err != nil {
		p.close()
		if isUnusable(err) {
			st.Delete(ctx, p.file.ID) // what a person needs to know is what is wrong with the file
		}
		return nil, explainFull(err, p.file.Stored(), p.file.Size)
	}
	return p, nil
}

// noModel reports whether an error says that the file itself is of no use.
func isUnusable(err error) bool {
	switch errs.Of(err).Code {
	case errs.NotGGUF, errs.Truncated, errs.BadHeader:
		return true
	}
	return false
}

// find looks the file up in the store and, unless its header is there, at its source. A picked file is looked at always:
// that costs nothing, and it may be another one.
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
	if err != nil || known && src.Info() == file.Info {
		return err
	}
	p.file, err = st.Add(ctx, id, src.Info())
	return err
}

// open gives the part's source, opening it at the first call.
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

// prefix gives the first n bytes of the file, bringing their chunks into the store when they are not there: so a header
// can be read without the network later.
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

func (p *part) has(chunk int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Chunks[chunk]
}

func (p *part) setChunk(chunk int, here bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.Chunks[chunk] = here
}

// know takes over what the store says of the file's chunks.
func (p *part) setChunks(file store.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.Chunks = file.Chunks
}

// stored is the number of bytes in stored chunks.
func (p *part) storedBytes() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Stored()
}
