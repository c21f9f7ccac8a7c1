package ref

import (
	"runtime"
	"sync"
)

// parallel calls f with consecutive ranges that cover 0..n-1, one for each core and all at the same time, and returns
// when all calls have returned.
func parallel(n int, f func(first, end int)) {
	cores := min(n, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for c := range cores {
		group.Go(func() { f(n*c/cores, n*(c+1)/cores) })
	}
	group.Wait()
}
