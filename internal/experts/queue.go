package experts

// Priority says who waits for a read.
type Priority int

const (
	Demand     Priority = iota // a token
	Guess                      // nobody yet
	Background                 // nobody: the store is being filled
	numPriorities
)

// Range is one of the runs of bytes that make up an expert in the model's files: a matrix, or a part of one.
type Range struct {
	Matrix int   // which of the expert's matrices: gate, up, down in the order the caller gave them
	At     int64 // byte within that matrix
	Part   int   // file of a split model
	Offset int64 // byte within that file
	Bytes  int64
}

// job is an expert to be read.
type job struct {
	load     Load // without a slot in the background
	priority Priority
	rest     []Range // not begun
	running  int     // ranges begun and not finished
	err      error   // the first; nothing more is begun
}

// queue orders reads: demand before guesses before background, each in the order of arrival, and never more than budget
// bytes between the store and the GPU. A range larger than the budget goes alone.
//
// A read may wait for the network for as long as it is away. What is less urgent leaves reads free, so that a token whose
// experts are all stored never waits behind it.
type queue struct {
	budget, inFlight int64
	maxReads, reads  int
	running          [numPriorities]int // of reads
	jobs             [numPriorities][]*job
}

// full reports whether a priority has all the reads it may have: half of them in the background, all but one with the
// guesses, all with demands. A queue of one read has no choice.
func (q *queue) full(p Priority) bool {
	limit := [numPriorities]int{q.maxReads, q.maxReads - 1, q.maxReads / 2}[p]
	n := 0
	for i := p; i < numPriorities; i++ {
		n += q.running[i]
	}
	return q.reads == q.maxReads || n >= max(1, limit)
}

func (q *queue) add(j *job) { q.jobs[j.priority] = append(q.jobs[j.priority], j) }

// raise makes a job one that a token waits for.
func (q *queue) raise(j *job) {
	if j.priority == Demand {
		return
	}
	q.remove(j)
	q.running[j.priority] -= j.running
	j.priority = Demand
	q.running[Demand] += j.running
	if len(j.rest) > 0 {
		q.add(j)
	}
}

func (q *queue) remove(j *job) {
	jobs := q.jobs[j.priority]
	for i := range jobs {
		if jobs[i] == j {
			q.jobs[j.priority] = append(jobs[:i:i], jobs[i+1:]...)
			return
		}
	}
}

// next gives the range to read now. What does not fit waits, and what is less urgent waits behind it.
func (q *queue) next() (j *job, r Range, ok bool) {
	for p := range q.jobs {
		if len(q.jobs[p]) == 0 {
			continue
		}
		j = q.jobs[p][0]
		r = j.rest[0]
		if q.full(j.priority) || q.reads > 0 && q.inFlight+r.Bytes > q.budget {
			return nil, Range{}, false
		}
		q.begin(j)
		return j, r, true
	}
	return nil, Range{}, false
}

// begin takes a job's next range; a job with none left is no longer waiting.
func (q *queue) begin(j *job) {
	q.reads++
	q.running[j.priority]++
	q.inFlight += j.rest[0].Bytes
	j.running++
	if j.rest = j.rest[1:]; len(j.rest) == 0 {
		q.remove(j)
	}
}

// end gives a range's bytes back and reports whether its job is over. After an error the rest of the job is dropped.
func (q *queue) end(j *job, r Range, err error) (over bool) {
	q.reads--
	q.running[j.priority]--
	q.inFlight -= r.Bytes
	j.running--
	if err != nil && j.err == nil {
		j.err = err
	}
	if j.err != nil && len(j.rest) > 0 {
		q.remove(j)
		j.rest = nil
	}
	return j.running == 0 && len(j.rest) == 0
}
