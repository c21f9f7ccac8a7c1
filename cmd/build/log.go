package main

import (
	"log"
	"net/http"
)

// logRequests logs each request after its response: method, path, status and bytes of the body.
func logRequests(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path // a handler may change it
		counter := &countingWriter{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(counter, r)
		log.Printf("%s %s %d %d", r.Method, path, counter.status, counter.bytes)
	})
}

// A countingWriter remembers the status of a response and the bytes of its body.
type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *countingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}
