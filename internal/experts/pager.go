package experts

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
)

// Blob is a piece of a file on its way to the GPU.
type Blob interface {
	Len() int64
	Release()
}

// Device is where experts come from and go to: the store and the GPU.
type IO interface {
	// Read gives a range of a file, from the store or, when it is not there yet, from the network through the store. It
	// runs on a goroutine of its own, several at once, and may wait for a network that is away.
	Read(ctx context.Context, r Range) (Blob, error)

	// Keep brings a range into the store, as Read, and gives nothing.
	Keep(ctx context.Context, r Range) error

	// Upload queues a blob for its place in a slot of a layer: in the slot's matrix r.Matrix, from byte r.At on. It is
	// called on the ExpertPager's goroutine, and the blob is the ExpertPager's again when it returns.
	Upload(layer, slot int, r Range, b Blob) error

	// WriteTable queues the table for the GPU, behind what was queued before and before what comes after.
	WriteTable(table []uint32) error
}

// Options of a ExpertPager; zero fields have a default.
type Options struct {
	Budget int64 // bytes between store and GPU at once; 256 MB
	Reads  int   // reads at once; 4, as many as IndexedDB gains from
}

func (o Options) filled() Options {
	if o.Budget == 0 {
		o.Budget = 256e6
	}
	if o.Reads == 0 {
		o.Reads = 4
	}
	return o
}

// ExpertPager brings experts into the slots of a Cache. Its methods belong to one goroutine, the device's; reads run beside it
// and their bytes are uploaded while it waits in Fetch or looks in at Poll.
type ExpertPager struct {
	*Cache
	device   IO
	ranges   func(ID) []Range
	queue    queue
	loads    map[ID]*job // on their way into a slot
	keeps    int         // background jobs not over
	arrivals chan arrival
	ctx      context.Context // of all reads: what one answer began, the next may want
	cancel   context.CancelFunc
}

// arrival is the end of a read.
type arrival struct {
	job  *job
	r    Range
	blob Blob
	err  error
}

// NewExpertPager makes a pager; ranges gives the runs of bytes that make up an expert, at least one.
func NewExpertPager(c *Cache, d IO, ranges func(ID) []Range, o Options) *ExpertPager {
	o = o.filled()
	p := &ExpertPager{Cache: c, device: d, ranges: ranges, loads: map[ID]*job{}}
	p.queue = queue{budget: o.Budget, maxReads: o.Reads}
	p.arrivals = make(chan arrival, o.Reads) // a finished read never waits for the pager
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Begin begins what Fetch waits for, as far as there is room. Errors: those of Device.WriteTable.
func (p *ExpertPager) StartLoads(layer int, experts ...int) error {
	_, err := p.demand(layer, experts)
	return err
}

// Fetch brings the missing experts that Touch gave into slots, and returns when they are uploaded and in the table.
// After an error, and when ctx ends, it can be called again for the same experts; reads under way go on meanwhile.
// Errors: those of the device, ctx.Err().
func (p *ExpertPager) LoadExperts(ctx context.Context, layer int, experts ...int) error {
	for {
		waiting, err := p.demand(layer, experts)
		if err != nil || !waiting {
			return err
		}
		if p.queue.reads == 0 {
			return errs.New(errs.Internal, "an expert has no slot because a token that is over still holds them all")
		}
		select {
		case a := <-p.arrivals:
			if err := p.settle(a); err != nil && a.job.load.Layer == layer && a.job.priority == Demand {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// demand sees to it that every expert is resident or on its way, as far as slots can be claimed, and reports whether
// there is something to wait for.
func (p *ExpertPager) demand(layer int, experts []int) (waiting bool, err error) {
	for _, e := range experts {
		id := ID{layer, e}
		if _, there := p.Slot(id); there {
			continue
		}
		waiting = true
		if j, ok := p.loads[id]; ok {
			p.want(j)
		} else if l, ok := p.Claim(id); ok { // else the end of a guess makes room
			p.load(l, Demand)
		}
	}
	return waiting, p.pump()
}

func (p *ExpertPager) want(j *job) {
	p.Promote(j.load)
	p.queue.raise(j)
}

func (p *ExpertPager) load(l Load, priority Priority) {
	j := &job{load: l, priority: priority, rest: p.ranges(l.ID)}
	p.loads[l.ID] = j
	p.queue.add(j)
}

// Guess begins to read experts that may be wanted, best first, as far as their layers have room. It does not wait.
// Errors: those of Device.WriteTable.
func (p *ExpertPager) PrefetchExperts(ids ...ID) error {
	for _, id := range ids {
		if l, ok := p.ClaimForPrefetch(id); ok {
			p.load(l, Guess)
		}
	}
	return p.pump()
}

// Forget drops the guesses of which nothing has been read yet: the future they were for is past.
func (p *ExpertPager) CancelPrefetches() error {
	for id, j := range p.loads {
		if j.priority == Guess && j.running == 0 && len(j.rest) == len(p.ranges(id)) {
			p.queue.remove(j)
			p.AbandonLoad(j.load)
			delete(p.loads, id)
		}
	}
	return p.pump()
}

// Keep brings experts into the store in the background. It does not wait; Kept reports when all of it is done.
func (p *ExpertPager) Keep(ids ...ID) error {
	for _, id := range ids {
		p.queue.add(&job{load: Load{ID: id, Slot: None}, priority: Background, rest: p.ranges(id)})
		p.keeps++
	}
	return p.pump()
}

// Kept reports whether nothing is left of what Keep was given.
func (p *ExpertPager) Kept() bool { return p.keeps == 0 }

// InFlight is how many bytes are between the store and the GPU.
func (p *ExpertPager) InFlight() int64 { return p.queue.inFlight }

// Poll uploads what has arrived, without waiting. An error of a read that no token waits for is not one: the expert will
// be asked for again when it is wanted. Errors: those of Device.WriteTable.
func (p *ExpertPager) Poll() error {
	for {
		select {
		case a := <-p.arrivals:
			p.settle(a)
		default:
			return p.pump()
		}
	}
}

// Close stops the reads under way and waits for them.
func (p *ExpertPager) Close() {
	p.cancel()
	for p.queue.reads > 0 {
		a := <-p.arrivals
		if a.blob != nil {
			a.blob.Release()
		}
		p.queue.end(a.job, a.r, p.ctx.Err())
	}
}

// pump writes the table if it changed and begins the reads that there is room for. The table comes first: no byte may
// reach a slot whose former expert the GPU still looks for there.
func (p *ExpertPager) pump() error {
	if p.Changed() {
		if err := p.device.WriteTable(p.Table()); err != nil {
			p.dirty = true
			return err
		}
	}
	for {
		j, r, ok := p.queue.next()
		if !ok {
			return nil
		}
		go func() { p.arrivals <- p.read(j, r) }()
	}
}

// read runs beside the pager's goroutine and touches nothing of it.
func (p *ExpertPager) read(j *job, r Range) arrival {
	a := arrival{job: j, r: r}
	if j.load.Slot == None {
		a.err = p.device.Keep(p.ctx, r)
	} else {
		a.blob, a.err = p.device.Read(p.ctx, r)
	}
	return a
}

// settle uploads what a read brought and, when it was the expert's last, enters the expert into the table. Its error is
// the expert's.
func (p *ExpertPager) settle(a arrival) error {
	j, err := a.job, a.err
	if a.blob != nil {
		p.stats.Reads++
		if err == nil && j.err == nil {
			err = p.device.Upload(j.load.Layer, j.load.Slot, a.r, a.blob)
		}
		a.blob.Release()
	}
	if !p.queue.end(j, a.r, err) {
		return nil
	}
	p.over(j)
	return j.err
}

func (p *ExpertPager) over(j *job) {
	if j.load.Slot == None {
		p.keeps--
		return
	}
	delete(p.loads, j.load.ID)
	if j.err != nil {
		p.AbandonLoad(j.load)
		return
	}
	p.FinishLoad(j.load)
}
