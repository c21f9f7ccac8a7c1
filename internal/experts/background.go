package experts

import "context"

// StoreExperts stores every expert of the model that is not stored, one after another, so that none has to be fetched
// later. Its reads have the lowest priority of the pager's queue: those that a token waits for, and prefetches, go
// first. It may be called on any goroutine, goes on while nothing else uses the pager, and waits for as long as
// IO.Store does. Close ends it.
// Errors: those of IO.Store, ctx.Err(), context.Canceled after Close.
func (p *ExpertPager) StoreExperts(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(p.ctx, cancel)
	defer stop()
	for layer := range p.cache.shape.Slots {
		for expert := range p.cache.shape.NumExperts {
			if err := p.storeExpert(ctx, ID{layer, expert}); err != nil {
				return err
			}
		}
	}
	return nil
}

// storeExpert stores one expert.
func (p *ExpertPager) storeExpert(ctx context.Context, id ID) error {
	j := &job{load: Load{ID: id, Slot: None}, priority: background, ctx: ctx, unread: p.ranges(id),
		done: make(chan struct{})}
	p.queue.add(j)
	p.queue.start(p.read)
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		p.queue.abandon(j)
		return ctx.Err()
	}
}
