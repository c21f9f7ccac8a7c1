package loader

import (
	"context"
	"errors"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/hub"
	"github.com/outrider-web/outrider/loader/manifest"
	"github.com/outrider-web/outrider/loader/store"
)

// requireHash records the hash that the file must have.
func (p *part) requireHash(ctx context.Context, sha256 string) error {
	if sha256 == "" || sha256 == p.file.SHA256 {
		return nil
	}
	verified := false
	return p.setInfo(ctx, store.Changes{SHA256: sha256, Verified: &verified})
}

// learnHashes looks for published hashes, once: those of the chunks in the manifest beside the file, or that of the
// whole file where the source or the hub says it. The caller holds the source's lock. Errors: integrity for a manifest
// that contradicts itself or the file; file_changed.
func (p *part) learnHashes(ctx context.Context, src fetch.Source) error {
	texts, ok := p.location.(fetch.TextLocation)
	if p.learned || !ok || p.record().Hashes != nil {
		return nil
	}
	changes, err := p.readManifest(ctx, texts)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err // what was cancelled is looked for again
	}
	if changes.Hashes == nil && p.record().SHA256 == "" {
		changes.SHA256 = p.publishedHash(ctx, texts, src)
	}
	if changes.Hashes != nil || changes.SHA256 != "" {
		if err := p.setInfo(ctx, changes); err != nil {
			return err
		}
	}
	p.learned = true
	if changes.Hashes != nil {
		return p.compareHashes(ctx, src)
	}
	return nil
}

// readManifest returns the hashes of the manifest beside the file, none if there is no manifest or if it is that of a
// file with another hash than the required one. One that cannot be fetched counts as absent: the file itself may be
// reachable, and the manifest is looked for again the next time the model is opened.
func (p *part) readManifest(ctx context.Context, texts fetch.TextLocation) (c store.Changes, err error) {
	text, ok, err := texts.Text(ctx, manifest.Address(texts.Address(p.name)), manifest.MaxBytes)
	if err != nil || !ok {
		return c, nil
	}
	m, err := manifest.Parse(text)
	if errors.Is(err, manifest.ErrNone) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if m.Size != p.file.Size {
		return c, errs.New(errs.Integrity, fmt.Sprintf("the manifest beside the file is that of a file of %d bytes, not %d; "+
			"write it again with pack manifest, or remove it from the server", m.Size, p.file.Size))
	}
	if required := p.record().SHA256; required != "" && required != m.SHA256 {
		return c, nil
	}
	return store.Changes{Hashes: m.Chunks, SHA256: m.SHA256}, nil
}

// publishedHash returns the hash of the whole file that the source or the hub publishes; "" if there is none.
func (p *part) publishedHash(ctx context.Context, texts fetch.TextLocation, src fetch.Source) string {
	if sum := src.Info().SHA256; sum != "" {
		return sum
	}
	tree, path, ok := hub.TreeURL(p.file.ID)
	if !ok {
		return ""
	}
	answer, ok, err := texts.Text(ctx, tree, hub.MaxTreeBytes)
	if err != nil || !ok {
		return ""
	}
	size, sum, ok := hub.FileHash(answer, path)
	if !ok || size != p.file.Size {
		return ""
	}
	return sum
}

// compareHashes compares chunks that were stored before their published hashes were known. Those that differ are
// fetched again when they are needed. If most of them differ, the file is another one. Errors: file_changed.
func (p *part) compareHashes(ctx context.Context, src fetch.Source) error {
	file := p.record()
	stored := storedChunks(file)
	var wrong []int
	for _, chunk := range stored {
		hash, err := p.store.StoreChunk(ctx, file.ID, chunk, src, store.ChunkOptions{Expected: file.Hashes[chunk]})
		if err != nil {
			return err
		}
		if hash != file.Hashes[chunk] {
			wrong = append(wrong, chunk)
		}
	}
	if 2*len(wrong) > len(stored) {
		return fileChanged()
	}
	for _, chunk := range wrong {
		p.setReplace(chunk, true)
		p.setChunk(chunk, false)
	}
	return nil
}
