package main

import (
	"net/http"
	"strings"
)

// contentPolicy is the Content-Security-Policy of every file. The page can run its own code only. It can connect to any
// server over https, and to this machine, because a person chooses where a model comes from; attached pictures are read
// from blob: and data: URLs. Styles may be inline, for browsers without constructable style sheets.
//
// Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy are not set: they enable shared memory, which Go's single
// thread does not use, and the latter prevents embedding.
var contentPolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"worker-src 'self'",
	"connect-src 'self' blob: data: https: http://127.0.0.1:* http://localhost:*",
	"img-src 'self' blob: data:",
	"style-src 'self' 'unsafe-inline'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"object-src 'none'",
	"frame-ancestors 'self'",
}, "; ")

// Values of Cache-Control.
const (
	immutable  = "public, max-age=31536000, immutable" // files with a hash in their name
	revalidate = "no-cache"                            // all other files: the browser asks whether they changed
)

// setHeaders sets the headers that a production server should send with every file of the site. path is a URL path.
func setHeaders(h http.Header, path string) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	if strings.HasPrefix(path, "/assets/") {
		h.Set("Cache-Control", immutable)
	} else {
		h.Set("Cache-Control", revalidate)
	}
}
