package experts

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
)

// Options of an ExpertPager.
type Options struct {
	Policy   string // which experts are evicted, as NewPolicy takes it; "": DefaultPolicy
	Prefetch bool   // also load experts that are likely to be used next

	// Trace is called with the experts of each token of an answer: [layer][choice], best first. May be nil.
	Trace func(experts [][]int)

	MaxBytes int64 // bytes between the store and the GPU at once; 0: 256 MB
	MaxReads int   // reads at once; 0: 4, because IndexedDB gains nothing from more
}

func (o Options) withDefaults() Options {
	if o.Policy == "" {
		o.Policy = DefaultPolicy
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 256e6
	}
	if o.MaxReads == 0 {
		o.MaxReads = 4
	}
	return o
}

// ExpertPager loads experts into the slots of a Cache; it is a model.ExpertLoader. Its methods belong to one goroutine,
// that of the GPU, except for StoreExperts. Reads run on goroutines of their own; what they have read is uploaded while
// the pager waits in LoadExperts, and after each token.
type ExpertPager struct {
	cache  *Cache
	io     IO
	ranges func(ID) []Range

	predictor Predictor             // nil: nothing is prefetched
	trace     func(experts [][]int) // may be nil
	counted   []bool                // [layer]: the uses of the current token have been counted

	queue    queue
	loads    map[ID]*job // experts that are loading
	arrivals chan arrival
	ctx      context.Context // of all reads: what was started for one answer may be used by the next
	cancel   context.CancelFunc
}

// arrival is the result of a read.
type arrival struct {
	job  *job
	r    Range
	blob Blob
	err  error
}

// NewExpertPager returns a pager for a model of the given shape, and writes the table, in which every expert is
// missing. ranges returns the runs of bytes that make up an expert, at least one; it may be called on any goroutine.
// Errors: out_of_memory when a layer has fewer slots than a token uses experts, invalid_request for an unknown policy,
// those of IO.WriteTable.
func NewExpertPager(s Shape, io IO, ranges func(ID) []Range, o Options) (*ExpertPager, error) {
	o = o.withDefaults()
	policy, err := NewPolicy(o.Policy, len(s.Slots), s.NumExperts)
	if err != nil {
		return nil, errs.Wrap(errs.InvalidRequest, "paging: "+err.Error(), err)
	}
	cache, err := NewCache(s, policy)
	if err != nil {
		return nil, err
	}
	p := &ExpertPager{cache: cache, io: io, ranges: ranges, trace: o.Trace, counted: make([]bool, len(s.Slots)),
		loads: map[ID]*job{}}
	if o.Prefetch {
		p.predictor = NewTransitions(len(s.Slots), s.NumExperts)
	}
	p.queue.maxBytes, p.queue.maxReads = o.MaxBytes, o.MaxReads
	p.arrivals = make(chan arrival, o.MaxReads) // a read that has ended never waits for the pager
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, p.writeTable()
}

// LoadExperts makes experts of a layer resident and pins them until Release or TokenDone. It returns when their bytes
// and the table have been queued for the GPU. After an error, and when ctx ends, reads that have started go on; their
// results are used when the experts are needed again.
// Errors: out_of_memory when the layer has too few slots, those of IO, ctx.Err().
func (p *ExpertPager) LoadExperts(ctx context.Context, layer int, experts []int) error {
	p.queue.setStrict(true)
	missing, err := p.cache.Use(layer, experts...)
	if err != nil {
		return err
	}
	if _, err := p.startLoads(layer, missing); err != nil {
		return err
	}
	p.counted[layer] = true
	p.prefetchFollowing(layer, experts[0])
	return p.awaitLoads(ctx, layer, missing)
}

// awaitLoads uploads what arrives until all of some experts are resident. It may be called again after an error.
func (p *ExpertPager) awaitLoads(ctx context.Context, layer int, experts []int) error {
	for {
		waiting, err := p.startLoads(layer, experts)
		if err != nil || !waiting {
			return err
		}
		if len(p.loads) == 0 {
			return errs.New(errs.Internal, "no slot is available: experts of an earlier token are still pinned")
		}
		select {
		case a := <-p.arrivals:
			if err := p.finishRead(a); err != nil && a.job.load.Layer == layer && a.job.priority == demand {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
}

// startLoads starts the loads of experts that are neither resident nor loading, as far as there are slots for them. It
// reports whether any of the experts is not resident yet.
func (p *ExpertPager) startLoads(layer int, experts []int) (waiting bool, err error) {
	for _, e := range experts {
		id := ID{layer, e}
		if _, isResident := p.cache.Slot(id); isResident {
			continue
		}
		waiting = true
		if j, ok := p.loads[id]; ok {
			p.cache.Promote(j.load)
			p.queue.promote(j)
		} else if l, ok := p.cache.Claim(id); ok { // otherwise a slot becomes available when a prefetch ends
			p.startLoad(l, demand)
		}
	}
	return waiting, p.startReads()
}

// startLoad queues the reads of an expert.
func (p *ExpertPager) startLoad(l Load, at priority) {
	j := &job{load: l, priority: at, ctx: p.ctx, unread: p.ranges(l.ID)}
	p.loads[l.ID] = j
	p.queue.add(j)
}

// startReads writes the table if it has changed, and starts the reads that are allowed.
func (p *ExpertPager) startReads() error {
	if err := p.writeTable(); err != nil {
		return err
	}
	p.queue.start(p.read)
	return nil
}

// writeTable writes the table if it has changed.
func (p *ExpertPager) writeTable() error {
	if !p.cache.Changed() {
		return nil
	}
	err := p.io.WriteTable(p.cache.Table())
	if err != nil {
		p.cache.changed = true // try again the next time
	}
	return err
}

// read reads one range. It runs on a goroutine of its own and uses nothing of the pager that changes, except for the
// queue.
func (p *ExpertPager) read(j *job, r Range) {
	if j.toStore() {
		p.queue.finish(j, r, p.io.Store(j.ctx, r))
	} else {
		a := arrival{job: j, r: r}
		a.blob, a.err = p.io.Read(j.ctx, r)
		p.queue.arrive()
		p.arrivals <- a
	}
	p.queue.start(p.read)
}

// finishRead uploads what a read has read. After the last range of an expert it enters the expert into the table, or
// frees the slot if a read has failed. It returns the error of the expert.
func (p *ExpertPager) finishRead(a arrival) error {
	j, err := a.job, a.err
	if a.blob != nil {
		p.cache.stats.Reads++
		if j.err == nil {
			err = p.upload(j.load, a.r, a.blob)
		}
		a.blob.Release()
	}
	if !p.queue.finish(j, a.r, err) {
		return nil
	}
	delete(p.loads, j.load.ID)
	if j.err != nil {
		p.cache.AbandonLoad(j.load)
		return j.err
	}
	p.cache.FinishLoad(j.load)
	return nil
}

// upload copies a range into its slot. The table comes first: no byte may reach a slot while the GPU would still look
// for the evicted expert there.
func (p *ExpertPager) upload(l Load, r Range, b Blob) error {
	if err := p.writeTable(); err != nil {
		return err
	}
	return p.io.Upload(l.Layer, l.Slot, r, b)
}

// poll uploads what has been read, without waiting. The error of a read that no token waits for is ignored: the expert
// is read again when a token uses it. Errors: those of IO.WriteTable.
func (p *ExpertPager) poll() error {
	for {
		select {
		case a := <-p.arrivals:
			p.finishRead(a)
		default:
			return p.startReads()
		}
	}
}

// Slot returns the slot of an expert, or Missing.
func (p *ExpertPager) Slot(layer, expert int) uint32 {
	return p.cache.table[p.cache.index(ID{layer, expert})]
}

// Release unpins all experts, without a token having been completed.
func (p *ExpertPager) Release() { p.release(0) }

// TokenDone counts what a token of an answer has used in each layer, and unpins all experts.
func (p *ExpertPager) TokenDone(used [][]int) {
	for layer, experts := range used {
		if !p.counted[layer] {
			p.cache.Use(layer, experts...)
		}
		if p.predictor != nil && layer > 0 {
			p.predictor.Observe(layer, used[layer-1][0], experts[0])
		}
	}
	if p.trace != nil {
		p.trace(used)
	}
	p.release(1)
	if p.predictor != nil {
		// A table that cannot be written now is written at the next miss, which returns the error.
		p.cancelPrefetches() // they were predictions for this token
		p.poll()
	}
}

func (p *ExpertPager) release(tokens int) {
	clear(p.counted)
	p.cache.Release(tokens)
	p.queue.setStrict(false)
	p.queue.start(p.read)
}

// Stats returns the counts so far.
func (p *ExpertPager) Stats() Stats { return p.cache.Stats() }

// Close cancels all reads and waits until they have ended. The pager must not be used afterwards.
func (p *ExpertPager) Close() {
	p.cancel()
	p.queue.close()
	for {
		select {
		case a := <-p.arrivals:
			if a.blob != nil {
				a.blob.Release()
			}
			p.queue.finish(a.job, a.r, p.ctx.Err())
		default:
			return
		}
	}
}
