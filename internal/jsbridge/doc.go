// Package jsbridge carries calls, errors and plain data between Go and JavaScript: a promise becomes something a
// goroutine waits for, and a Go function becomes a method that returns a promise. It holds no policy and knows no type
// of Outrider but errs.Error. It exists in the browser alone; every file but this one is built for js only.
package jsbridge
