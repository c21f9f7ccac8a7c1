package loader

import (
	"cmp"
	"context"
	"sync"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// Verify hashes every stored byte again and removes the chunks that have changed, so that Download fetches them again.
// It returns how many have changed.
func (m *Model) Verify(ctx context.Context) (changed int, err error) {
	for _, p := range m.parts {
		n, err := p.store.Verify(ctx, p.file.ID)
		if err != nil {
			return changed, withFileName(p.name, err)
		}
		changed += n
		if n > 0 {
			file, _, err := p.store.Find(ctx, p.file.ID)
			if err != nil {
				return changed, withFileName(p.name, err)
			}
			p.setRecord(file)
		}
	}
	return changed, nil
}

// CheckPublished compares every complete file of the model with its published hash, once. If it differs, its chunks are
// compared with a second source and those that differ are fetched again until the hash is right. Files without a
// published hash of which chunks were stored in an earlier session are compared with their source. report may be nil.
// Errors: integrity; file_changed; those of Download.
func (m *Model) CheckPublished(ctx context.Context, report func(Progress)) error {
	var meter *progressMeter
	for _, p := range m.parts {
		if meter == nil && p.needsHash() {
			meter = newProgressMeter(PhaseVerify, m.Bytes(), report)
		}
		if err := p.checkPublished(ctx, meter); err != nil {
			return withFileName(p.name, err)
		}
	}
	if meter != nil {
		meter.finish()
	}
	return nil
}

// needsHash reports whether the file's bytes have to be hashed to know whether they are right.
func (p *part) needsHash() bool {
	file := p.record()
	return file.Complete() && !file.Verified && file.SHA256 != "" && file.Hashes == nil
}

func (p *part) checkPublished(ctx context.Context, meter *progressMeter) error {
	file := p.record()
	switch {
	case !file.Complete() || file.Verified:
		return nil
	case file.Hashes != nil: // every chunk was compared when it was stored, or when the hashes became known
		return p.setVerified(ctx)
	case file.SHA256 == "":
		return p.compareEarlier(ctx)
	}
	same, err := p.hasPublishedHash(ctx, meter)
	if err != nil {
		return err
	}
	if same {
		return p.setVerified(ctx)
	}
	return p.repair(ctx, meter)
}

func (p *part) setVerified(ctx context.Context) error {
	verified := true
	return p.setInfo(ctx, store.Changes{Verified: &verified})
}

// compareEarlier compares samples of chunks of earlier sessions with the source from which this session has fetched the
// others: the file may have changed in between under the same validator.
func (p *part) compareEarlier(ctx context.Context) error {
	p.mu.Lock()
	mixed := p.fetched > 0 && len(p.earlier) > 0
	p.mu.Unlock()
	if !mixed || !p.location.Remote() {
		return nil
	}
	src, err := p.currentSource(ctx)
	if err != nil {
		return err
	}
	unlock, err := p.lockSource(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if p.compared {
		return nil
	}
	err = p.compareStored(ctx, src, p.earlier, sampleBytes)
	if err != nil && errs.Of(err).Code == errs.FileChanged {
		err = cmp.Or(p.markMixed(ctx), err)
	}
	return err
}

// hasPublishedHash hashes the file and reports whether it has the published hash. Chunks that the store has lost are
// fetched again.
func (p *part) hasPublishedHash(ctx context.Context, meter *progressMeter) (same bool, err error) {
	size := p.file.Size
	progress := meter.startPiece()
	report := func(hashed int64) { progress(store.ChunkProgress{Received: hashed}) }
	err = p.retryIfLost(ctx, 0, size, func() (lost bool, err error) {
		if lost, err = p.ensureRange(ctx, 0, size, foreground, nil); err != nil {
			return lost, err
		}
		hash, err := p.store.HashFile(ctx, p.file.ID, report)
		same = hash == p.record().SHA256
		return vanished(err), err
	})
	return same, err
}

// repair compares the file's chunks with a second source, a few at once, and fetches those that differ again, until the
// file has the published hash. The published hash is that of the whole file, so that only the bytes themselves can be
// compared.
func (p *part) repair(ctx context.Context, meter *progressMeter) error {
	src, err := p.secondSource(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	numChunks := len(p.file.Chunks)
	for first := 0; first < numChunks; first += parallelFetches {
		different, err := p.compareChunks(ctx, src, first, min(first+parallelFetches, numChunks))
		if err != nil {
			return err
		}
		if len(different) == 0 {
			continue
		}
		for _, chunk := range different {
			o := store.ChunkOptions{Replace: true, Finite: p.finiteNumbers(chunk)}
			if _, err := p.store.StoreChunk(ctx, p.file.ID, chunk, src, o); err != nil {
				return err
			}
			p.countAgain()
		}
		if same, err := p.hasPublishedHash(ctx, meter); same || err != nil {
			if err == nil {
				err = p.setVerified(ctx)
			}
			return err
		}
	}
	return wrongFile()
}

// secondSource opens the file at another address if one is known, otherwise at the same one again.
func (p *part) secondSource(ctx context.Context) (fetch.Source, error) {
	location := p.location
	if server, ok := location.(fetch.Server); ok {
		location = server.SecondSource()
	}
	src, err := location.Open(ctx, p.name)
	if err == nil && src.Info().Size != p.file.Size {
		src.Close()
		return nil, fileChanged()
	}
	return src, err
}

// compareChunks returns which of the chunks from first up to but not including end differ at a source.
func (p *part) compareChunks(ctx context.Context, src fetch.Source, first, end int) (different []int, err error) {
	same, failures := make([]bool, end-first), make([]error, end-first)
	var all sync.WaitGroup
	for i := range same {
		all.Go(func() { same[i], failures[i] = p.store.CheckChunk(ctx, p.file.ID, first+i, src, store.ChunkBytes) })
	}
	all.Wait()
	for i := range same {
		if failures[i] != nil {
			return nil, failures[i]
		}
		if !same[i] {
			different = append(different, first+i)
		}
	}
	return different, nil
}

// countAgain counts a chunk that was fetched again.
func (p *part) countAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again++
}

func wrongFile() error {
	e := errs.New(errs.Integrity, "the file does not have the SHA-256 that was published for it, and its source sends "+
		"the same bytes again; delete it from the stored models and load it from another address")
	e.Retryable = false
	return e
}
