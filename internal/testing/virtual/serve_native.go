//go:build !js

package virtual

import (
	"io"
	"net/http"
	"time"
)

// ServeHTTP serves the file under its name, whole or in ranges, to pages of any origin.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.URL.Path != "/"+f.name {
		http.Error(w, "the file here is /"+f.name, http.StatusNotFound)
		return
	}
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("ETag", f.ETag())
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(f, 0, f.size))
}
