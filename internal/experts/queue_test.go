package experts

import "testing"

// newJob adds a job of ranges of some bytes.
func newJob(q *queue, at priority, bytes ...int64) *job {
	j := &job{priority: at}
	if at == background {
		j.load.Slot = None
	}
	for _, n := range bytes {
		j.unread = append(j.unread, Range{Bytes: n})
	}
	q.add(j)
	return j
}

// finishRange ends a read of a job.
func finishRange(q *queue, j *job, r Range) {
	if !j.toStore() {
		q.arrive()
	}
	q.finish(j, r, nil)
}

// startAll starts what is allowed and returns how many reads that is.
func startAll(q *queue) (n int) {
	for {
		if _, _, ok := q.next(); !ok {
			return n
		}
		n++
	}
}

func TestLessUrgentReadsWaitBehindWhatDoesNotFit(t *testing.T) {
	q := &queue{maxBytes: 10, maxReads: 4}
	newJob(q, prefetch, 1)
	newJob(q, demand, 8)
	newJob(q, demand, 8)
	first, r, ok := q.next()
	if !ok || first.priority != demand {
		t.Fatalf("the first is %+v, %v", first, ok)
	}
	if j, _, ok := q.next(); ok {
		t.Errorf("%+v overtakes a token", j)
	}
	finishRange(q, first, r)
	if j, _, ok := q.next(); !ok || j.priority != demand {
		t.Errorf("the second is %+v, %v", j, ok)
	}
}

func TestLessUrgentReadsLeaveReadsFree(t *testing.T) {
	q := &queue{maxBytes: 1000, maxReads: 4}
	nine := make([]int64, 9)
	stored := newJob(q, background, nine...)
	if n := startAll(q); n != 2 {
		t.Errorf("%d of 4 reads in the background", n)
	}
	prefetched := newJob(q, prefetch, nine...)
	if n := startAll(q); n != 1 {
		t.Errorf("%d more reads for prefetch", n)
	}
	q.promote(prefetched)
	if n := startAll(q); n != 1 || q.running != [numPriorities]int{2, 0, 2} {
		t.Errorf("%d more reads on demand, running %v", n, q.running)
	}
	finishRange(q, stored, Range{})
	if n := startAll(q); n != 1 || q.running != [numPriorities]int{3, 0, 1} {
		t.Errorf("%d reads in the place of one that ended, running %v", n, q.running)
	}
}

func TestOneReadAtATimeStillServesTheBackground(t *testing.T) {
	q := &queue{maxBytes: 10, maxReads: 1}
	newJob(q, background, 1)
	if _, _, ok := q.next(); !ok {
		t.Error("the background never gets the read")
	}
}

// Ranges that are only stored are in no one's memory.
func TestRangesThatAreOnlyStoredAreNotCounted(t *testing.T) {
	q := &queue{maxBytes: 10, maxReads: 4}
	newJob(q, background, 10, 10)
	newJob(q, demand, 10)
	if n := startAll(q); n != 3 || q.bytes != 10 {
		t.Errorf("%d reads, %d bytes", n, q.bytes)
	}
}

func TestABackgroundReadWaitsBehindUploadsOnlyWhileATokenIsComputed(t *testing.T) {
	q := &queue{maxBytes: 1000, maxReads: 2}
	newJob(q, demand, 1, 1, 1)
	newJob(q, background, 1)
	q.setStrict(true)
	if n := startAll(q); n != 2 {
		t.Fatalf("%d reads started, want 2 of the demand", n)
	}
	q.arrive()
	q.arrive() // both have been read, and are not uploaded
	if n := startAll(q); n != 0 {
		t.Errorf("%d reads overtake a token", n)
	}
	q.setStrict(false)
	if j, _, ok := q.next(); !ok || j.priority != background {
		t.Errorf("between tokens %+v is read, %v", j, ok)
	}
}

func TestAJobIsWithdrawnOnlyBeforeItStarts(t *testing.T) {
	q := &queue{maxBytes: 1000, maxReads: 1}
	first, second := newJob(q, prefetch, 1, 1), newJob(q, prefetch, 1)
	q.next()
	if q.withdraw(first) || !q.withdraw(second) {
		t.Error("a job that has started goes on, one that has not is withdrawn")
	}
	if len(q.jobs[prefetch]) != 1 {
		t.Errorf("%d jobs are left, want 1", len(q.jobs[prefetch]))
	}
}
