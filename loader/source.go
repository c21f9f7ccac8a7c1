package loader

import (
	"context"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

const (
	// staleAfter is the time after which stored chunks are compared with the source although its validator is the same.
	staleAfter = 24 * time.Hour

	// maxCompared is how many stored chunks are compared with the source.
	maxCompared = 3

	// sampleBytes is how much of each of them is compared if the source has the same validator.
	sampleBytes = 512 << 10
)

// open returns the part's source, which the first call opens.
func (p *part) open(ctx context.Context) (fetch.Source, error) {
	unlock, err := p.lockSource(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return p.openLocked(ctx)
}

// currentSource returns the source once it is known to have the bytes that are stored, and after published hashes have
// been looked for. Errors: those of fetch.Location.Open; file_changed.
func (p *part) currentSource(ctx context.Context) (fetch.Source, error) {
	unlock, err := p.lockSource(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	src, err := p.openLocked(ctx)
	if err != nil {
		return nil, err
	}
	if !p.confirmed {
		if err := p.confirm(ctx, src); err != nil {
			return nil, err
		}
		p.confirmed = true
	}
	return src, p.learnHashes(ctx, src)
}

func (p *part) lockSource(ctx context.Context) (unlock func(), err error) {
	select {
	case token := <-p.sourceLock:
		return func() { p.sourceLock <- token }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *part) openLocked(ctx context.Context) (fetch.Source, error) {
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

// retire has the next fetch open the source again: perhaps another server answers. Other fetches may go on using src.
func (p *part) retire(src fetch.Source) {
	token := <-p.sourceLock
	defer func() { p.sourceLock <- token }()
	if p.source == src {
		p.retired = append(p.retired, src)
		p.source, p.confirmed = nil, false
	}
}

// close closes the source.
func (p *part) close() {
	token := <-p.sourceLock
	defer func() { p.sourceLock <- token }()
	if p.source != nil {
		p.retired = append(p.retired, p.source)
	}
	for _, src := range p.retired {
		src.Close()
	}
	p.source, p.retired, p.confirmed = nil, nil, false
}

// confirm makes sure that the source has the bytes that are stored. Servers change a validator for equal bytes, so that
// it is only a hint: if it differs, or after a day, stored chunks are fetched again and their hashes compared. Nothing
// is deleted. Errors: file_changed; those of the source.
func (p *part) confirm(ctx context.Context, src fetch.Source) error {
	info, file := src.Info(), p.record()
	if info.Size != file.Size {
		return fileChanged()
	}
	changed := info.Validator != file.Validator
	stale := !file.Used.IsZero() && time.Since(file.Used) > staleAfter
	if changed || stale && !p.compared {
		if err := p.compareStored(ctx, src, storedChunks(file), store.ChunkBytes); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	if len(storedChunks(file)) == 0 {
		p.distrustPieces()
	}
	return p.setInfo(ctx, store.Changes{Validator: &info.Validator})
}

// compareStored fetches a few of the stored chunks again, the first n bytes of each, and compares them. Errors:
// file_changed; those of the source.
func (p *part) compareStored(ctx context.Context, src fetch.Source, stored []int, n int64) error {
	for _, chunk := range spread(stored, maxCompared) {
		same, err := p.isSame(ctx, chunk, src, n)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		if p.chunkReadable(ctx, chunk) {
			return fileChanged()
		}
		p.setChunk(chunk, false) // the store has lost it, which says nothing about the source
	}
	p.compared = true
	return nil
}

// isSame reports whether the first n bytes of a stored chunk are those of a source. If they differ, they are fetched
// twice: a single answer may be damaged.
func (p *part) isSame(ctx context.Context, chunk int, src fetch.Source, n int64) (same bool, err error) {
	for range 2 {
		same, err = p.store.CheckChunk(ctx, p.file.ID, chunk, src, n)
		if same || err != nil {
			return same, err
		}
	}
	return false, nil
}

// mixed begins the validator of a file of which stored chunks are known to be of different files.
const mixed = "mixed: "

// markMixed records that the stored chunks are of different files, so that the file is not opened any more.
func (p *part) markMixed(ctx context.Context) error {
	validator := mixed + p.record().Validator
	return p.setInfo(ctx, store.Changes{Validator: &validator})
}

// distrustPieces has every chunk fetched from its first byte: what has arrived of them may be of another file.
func (p *part) distrustPieces() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for chunk := range p.file.Chunks {
		p.replace[chunk] = true
	}
}

// spread returns at most n of the items, at equal distances, the first and the last among them.
func spread(items []int, n int) (some []int) {
	if len(items) <= n {
		return items
	}
	for i := range n {
		some = append(some, items[i*(len(items)-1)/(n-1)])
	}
	return some
}

func fileChanged() error {
	return errs.New(errs.FileChanged, "the file at its source is not the one that is stored in part; nothing was "+
		"deleted: delete the stored model to load the new file from the start")
}
