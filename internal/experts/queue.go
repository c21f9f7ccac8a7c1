package experts

import (
	"context"
	"sync"
)

// priority orders reads: a smaller value is more urgent.
type priority int

const (
	demand     priority = iota // a token waits for the expert
	prefetch                   // a token is likely to use the expert soon
	background                 // the expert is stored, so that it need not be fetched later
	numPriorities
)

// job is an expert that is to be read, range by range.
type job struct {
	load     Load // Slot is None in the background
	priority priority
	ctx      context.Context // of its reads

	unread  []Range // ranges whose read has not started
	started bool    // the read of a range has started
	running int     // reads that have started and not finished
	err     error   // the first error of a read; no further one is started
	done    chan struct{}
}

// toStore reports whether the job only stores its expert.
func (j *job) toStore() bool { return j.load.Slot == None }

// queue decides which range is read next: demand before prefetch before background, in each of them in the order of
// arrival, and never more than maxBytes between the store and the GPU. A range larger than that is read alone. Ranges
// that are only stored do not count, because no one holds their bytes.
//
// A read may wait for the network for as long as it is unreachable. Therefore less urgent reads leave some of the
// maxReads free, so that a token whose experts are all stored never waits for them.
//
// Its methods may be called on any goroutine.
type queue struct {
	maxBytes int64
	maxReads int

	mu      sync.Mutex
	closed  bool
	strict  bool // see setStrict
	bytes   int64
	reads   int                   // reads that have started and not finished
	arrived int                   // of these, reads whose bytes are waiting to be uploaded
	running [numPriorities]int    // reads by priority
	jobs    [numPriorities][]*job // jobs with ranges whose read has not started
	readers sync.WaitGroup        // goroutines that read
}

// add adds a job.
func (q *queue) add(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs[j.priority] = append(q.jobs[j.priority], j)
}

// start starts all reads that are allowed now, each on a goroutine of its own.
func (q *queue) start(read func(*job, Range)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed {
		j, r, ok := q.next()
		if !ok {
			return
		}
		q.readers.Add(1)
		go func() {
			defer q.readers.Done()
			read(j, r)
		}()
	}
}

// next removes the range to be read now from the queue; q.mu is held. What is less urgent waits behind a range that may
// not be read yet, with the exception that setStrict describes.
func (q *queue) next() (j *job, r Range, ok bool) {
	blocked := false
	for p := range numPriorities {
		if len(q.jobs[p]) == 0 || blocked && (q.strict || p != background) {
			continue
		}
		if j = q.jobs[p][0]; q.allows(j) {
			return j, q.take(j), true
		}
		blocked = true
	}
	return nil, Range{}, false
}

// allows reports whether the next range of a job may be read now; q.mu is held. Background has half of the reads at
// most, background and prefetch together have all but one, and demand has all. If maxReads is 1, every priority may use
// it.
func (q *queue) allows(j *job) bool {
	limit := max(1, [numPriorities]int{q.maxReads, q.maxReads - 1, q.maxReads / 2}[j.priority])
	n := 0
	for p := j.priority; p < numPriorities; p++ {
		n += q.running[p]
	}
	if n >= limit {
		return false
	}
	if j.toStore() {
		return q.reads-q.arrived < q.maxReads
	}
	return q.reads < q.maxReads && (q.bytes == 0 || q.bytes+j.unread[0].Bytes <= q.maxBytes)
}

// take counts a job's next range as being read; q.mu is held. A job of which all ranges are being read leaves the
// queue.
func (q *queue) take(j *job) Range {
	r := j.unread[0]
	q.reads++
	q.running[j.priority]++
	if !j.toStore() {
		q.bytes += r.Bytes
	}
	j.started = true
	j.running++
	if j.unread = j.unread[1:]; len(j.unread) == 0 {
		q.remove(j)
	}
	return r
}

// remove takes a job out of the list of its priority; q.mu is held.
func (q *queue) remove(j *job) {
	jobs := q.jobs[j.priority]
	for i := range jobs {
		if jobs[i] == j {
			q.jobs[j.priority] = append(jobs[:i:i], jobs[i+1:]...)
			return
		}
	}
}

// arrive records that the bytes of a read are waiting to be uploaded.
func (q *queue) arrive() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.arrived++
}

// finish records that a read has ended and its bytes, if it had any, have been released. It reports whether the job has
// ended. After an error the other ranges of the job are dropped.
func (q *queue) finish(j *job, r Range, err error) (ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reads--
	q.running[j.priority]--
	if !j.toStore() {
		q.bytes -= r.Bytes
		q.arrived--
	}
	j.running--
	if err != nil && j.err == nil {
		j.err = err
	}
	if j.err != nil && len(j.unread) > 0 {
		q.remove(j)
		j.unread = nil
	}
	ended = j.running == 0 && len(j.unread) == 0
	if ended && j.done != nil {
		close(j.done)
	}
	return ended
}

// promote makes a job one that a token waits for.
func (q *queue) promote(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.priority == demand {
		return
	}
	q.remove(j)
	q.running[j.priority] -= j.running
	j.priority = demand
	q.running[demand] += j.running
	if len(j.unread) > 0 {
		q.jobs[demand] = append(q.jobs[demand], j)
	}
}

// withdraw removes a job of which no read has started, and reports whether it did.
func (q *queue) withdraw(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.started {
		return false
	}
	q.remove(j)
	return true
}

// abandon drops the ranges of a job whose read has not started.
func (q *queue) abandon(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(j)
	j.unread = nil
}

// setStrict says whether background waits behind demand and prefetch that may not be read yet. It does while a token or
// a prompt is being computed. Otherwise it does not: what they wait for may be an upload, and the pager may not be
// used, so that nothing is uploaded, for as long as the user is thinking.
func (q *queue) setStrict(strict bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.strict = strict
}

// close ends the queue: no further read starts. It waits for the goroutines that read.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.readers.Wait()
}
