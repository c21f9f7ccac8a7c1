package loader

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// maxDamaged is how often the bytes of a chunk may arrive damaged before its fetch fails.
const maxDamaged = 3

// fetchChunk fetches a chunk and stores it. While the server cannot be reached it waits, if the options say so. A chunk
// that arrives damaged is fetched again. If the store has lost the file's record, the download starts over, once.
// Errors: those of Download.
func (p *part) fetchChunk(ctx context.Context, chunk int, urgency priority, notify func(store.ChunkProgress)) error {
	fetchOnce := func() error { return p.fetchUndamaged(ctx, chunk, urgency, notify) }
	if !p.options.Patient {
		return fetchOnce()
	}
	policy := fetch.RetryPolicy{OnWaiting: func(cause error) { notify(waitProgress(cause)) }}
	return policy.Do(ctx, fetchOnce)
}

// waitProgress returns the progress of a fetch that waits because of an error, or that continues.
func waitProgress(cause error) store.ChunkProgress {
	if cause == nil {
		return store.ChunkProgress{}
	}
	return store.ChunkProgress{Waiting: true, Cause: errs.Of(cause).Message}
}

// fetchUndamaged fetches a chunk and stores it, again if it arrives damaged or if the store has lost the record.
func (p *part) fetchUndamaged(ctx context.Context, chunk int, urgency priority,
	notify func(store.ChunkProgress)) error {
	for damaged, lost := 0, 0; ; {
		src, err := p.currentSource(ctx)
		if err != nil {
			return err
		}
		err = p.storeChunk(ctx, chunk, src, urgency, notify)
		if err == nil {
			notify(store.ChunkProgress{Received: p.file.ChunkLen(chunk)})
			return nil
		}
		switch errs.Of(err).Code {
		case errs.Integrity:
			if damaged++; damaged == maxDamaged {
				return damagedChunk(err)
			}
			p.retire(src)
		case errs.StorageError:
			if lost++; lost > 1 || !p.findRecord(ctx) {
				return err
			}
		default:
			return err
		}
	}
}

// storeChunk fetches a chunk from a source, once, and marks it as stored, unless the store has lost the record: nobody
// knows then whether the chunk was lost with it.
func (p *part) storeChunk(ctx context.Context, chunk int, src fetch.Source, urgency priority,
	notify func(store.ChunkProgress)) error {
	p.mu.Lock()
	o := store.ChunkOptions{
		Background: urgency == background, Demand: urgency == demand, Replace: p.replace[chunk], Progress: notify,
	}
	if p.file.Hashes != nil {
		o.Expected = p.file.Hashes[chunk]
	} else {
		o.Finite = p.finiteNumbers(chunk)
	}
	anew := p.anew
	p.mu.Unlock()
	hash, err := p.store.StoreChunk(ctx, p.file.ID, chunk, src, o)
	if err == nil && o.Expected != "" && hash != o.Expected {
		p.setReplace(chunk, true) // it was stored before its hash was known
		err = errs.New(errs.Integrity, "a stored chunk does not have its published hash")
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.replace, chunk)
	p.fetched++
	if p.anew == anew {
		p.file.Chunks[chunk] = true
	}
	return nil
}

func (p *part) setReplace(chunk int, replace bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace[chunk] = replace
}

// findRecord looks for the record of a file of which the store has said that it lacks it, and creates it again if it is
// gone. It reports whether another attempt may succeed: a store that loses the record twice does not keep it.
func (p *part) findRecord(ctx context.Context) bool {
	p.recheckMu.Lock()
	defer p.recheckMu.Unlock()
	_, known, err := p.store.Find(ctx, p.file.ID)
	if err != nil {
		return false
	}
	return known || p.recreateRecord(ctx) == nil
}

// maxLosses is how often a file's record is created again after the store has lost it, without a read in between.
const maxLosses = 2

// recreateRecord creates the file's record again, of the same kind and without chunks.
func (p *part) recreateRecord(ctx context.Context) error {
	p.mu.Lock()
	old := p.file
	p.losses++
	p.anew++
	losses := p.losses
	p.mu.Unlock()
	if losses > maxLosses {
		return storageUnreliable(nil)
	}
	file, err := p.store.OpenFile(ctx, old.ID, old.Info, old.Kind)
	if err != nil {
		return err
	}
	p.setRecord(file)
	if old.Hashes != nil {
		return p.setInfo(ctx, store.Changes{Hashes: old.Hashes})
	}
	return nil
}

func damagedChunk(cause error) error {
	return errs.Wrap(errs.Integrity, "bytes of the file arrive damaged again and again, though everything else that was "+
		"stored is kept; try again later or load the model from another address", cause)
}
