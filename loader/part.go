package loader

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// part is one file of a model.
type part struct {
	location fetch.Location
	name     string
	store    store.Store
	options  Options
	header   *gguf.File // nil until it has been read
	created  bool       // the record was created when the part was opened
	earlier  []int      // the chunks that were stored when the part was opened

	mu      sync.Mutex          // guards what follows
	file    store.File          // ID, Name and Size never change
	fetches map[int]*chunkFetch // by chunk
	replace map[int]bool        // chunks of which stored bytes are wrong
	fetched int                 // chunks fetched since the part was opened
	again   int                 // of these, chunks that had been stored before
	lost    map[int]int         // how often the store has lost a chunk
	losses  int                 // how often the store has lost the record since a read succeeded
	anew    int                 // how often the record has been created again

	recheckMu sync.Mutex // held while the store is asked what it still has

	sourceLock chan struct{}  // holds one token, whose holder may use what follows; waiting for it ends with ctx
	source     fetch.Source   // nil until bytes are needed
	retired    []fetch.Source // earlier ones, which fetches may still be using
	confirmed  bool           // the source has the bytes that are stored
	compared   bool           // stored chunks have been compared with the source
	learned    bool           // published hashes have been looked for
}

func newPart(location fetch.Location, name string, st store.Store, o Options) *part {
	p := &part{
		location: location, name: name, store: st, options: o,
		fetches: map[int]*chunkFetch{}, replace: map[int]bool{}, lost: map[int]int{},
		sourceLock: make(chan struct{}, 1),
	}
	p.sourceLock <- struct{}{}
	return p
}

// openPart finds or creates a file's record in the store and reads the file's header. integrity is the file's published
// hash, or empty.
func openPart(ctx context.Context, p *part, integrity string, meter *progressMeter) (err error) {
	if err = p.findOrCreate(ctx); err == nil {
		err = p.requireHash(ctx, integrity)
	}
	if err != nil {
		p.close()
		return err
	}
	p.header, err = gguf.Read(p.file.Size, func(n int64) ([]byte, error) { return p.readPrefix(ctx, n, meter) })
	if err != nil {
		p.close()
		if p.created && isUnusable(err) {
			p.store.Delete(ctx, p.file.ID) // its error is dropped: what is wrong with the file matters more
		}
		return explainStorageFull(err, p.file.Stored(), p.file.Size)
	}
	p.store.SetInfo(ctx, p.file.ID, store.Changes{Used: time.Now()}) // its error is dropped: it is only for a list
	return nil
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
func (p *part) findOrCreate(ctx context.Context) error {
	file, known, err := p.find(ctx)
	if err != nil {
		return err
	}
	if known {
		p.file, p.earlier = file, storedChunks(file)
	}
	if known && p.location.Remote() && strings.HasPrefix(file.Validator, mixed) {
		return fileChanged()
	}
	if known && p.location.Remote() && (file.Complete() || file.Chunks[0]) {
		return nil
	}
	src, err := p.open(ctx)
	if err != nil {
		return err
	}
	if known && !p.location.Remote() {
		return p.findPicked(ctx)
	}
	if !known {
		p.created = true
		p.file, err = p.store.OpenFile(ctx, p.location.ID(p.name), src.Info(), store.IndexedDB)
	}
	return err
}

// find looks the file up in the store: under its id, or under its whole address, as earlier versions kept it.
func (p *part) find(ctx context.Context) (file store.File, known bool, err error) {
	id := p.location.ID(p.name)
	file, known, err = p.store.Find(ctx, id)
	if texts, ok := p.location.(fetch.TextLocation); ok && !known && err == nil && texts.Address(p.name) != id {
		return p.store.Find(ctx, texts.Address(p.name))
	}
	return file, known, err
}

// findPicked compares a picked file with the stored one of its name. Errors: file_changed if it is another one; those
// of the source.
func (p *part) findPicked(ctx context.Context) error {
	_, err := p.currentSource(ctx)
	if err != nil && errs.Of(err).Code == errs.FileChanged {
		return errs.New(errs.FileChanged, "another file is stored under this name; nothing was deleted: "+
			"delete the stored one to open this one, or rename this one")
	}
	return err
}

// readPrefix returns the first n bytes of the file. It stores their chunks first, so that the header can be read
// without the network later.
func (p *part) readPrefix(ctx context.Context, n int64, meter *progressMeter) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	for chunk := range int((n + store.ChunkBytes - 1) / store.ChunkBytes) {
		if err := p.ensureChunk(ctx, chunk, foreground, meter.startPiece()); err != nil {
			return nil, err
		}
	}
	var b Blob
	err := p.retryIfLost(ctx, 0, n, func() (lost bool, err error) {
		if lost, err = p.ensureRange(ctx, 0, n, foreground, nil); err != nil {
			return lost, err
		}
		b, err = p.store.Read(ctx, p.file.ID, 0, n)
		return vanished(err), err
	})
	if err != nil {
		return nil, err
	}
	defer b.Release()
	return b.Copy(), nil
}

// storedChunks returns the chunks of a file that are stored.
func storedChunks(file store.File) (chunks []int) {
	for chunk, stored := range file.Chunks {
		if stored {
			chunks = append(chunks, chunk)
		}
	}
	return chunks
}

// record returns a copy of the file's record.
func (p *part) record() store.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	file := p.file
	file.Chunks = slices.Clone(file.Chunks)
	return file
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

// setRecord takes over a record of the store, but not what never changes: that is read without p.mu.
func (p *part) setRecord(file store.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := &p.file
	f.Kind, f.Chunks, f.PartialBytes, f.Used = file.Kind, file.Chunks, file.PartialBytes, file.Used
	f.Validator, f.SHA256, f.Hashes, f.Verified = file.Validator, file.SHA256, file.Hashes, file.Verified
}

// setInfo changes what is known about the file.
func (p *part) setInfo(ctx context.Context, c store.Changes) error {
	if err := p.store.SetInfo(ctx, p.file.ID, c); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Validator != nil {
		p.file.Validator = *c.Validator
	}
	if c.SHA256 != "" {
		p.file.SHA256 = c.SHA256
	}
	if c.Hashes != nil {
		p.file.Hashes = c.Hashes
	}
	if c.Verified != nil {
		p.file.Verified = *c.Verified
	}
	if c.Vision != nil {
		p.file.Vision = *c.Vision
	}
	return nil
}

// storedBytes returns the number of bytes in stored chunks.
func (p *part) storedBytes() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Stored()
}
