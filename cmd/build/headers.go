package main

import (
	"net/http"
	"strings"
)

// contentPolicy lets the page run its own code only. It may connect anywhere over https, and to this machine,
// because the person chooses where a model comes from; attached pictures are read from blob: and data:. Nothing else is
// ever asked for. Styles are inline where a browser lacks constructable sheets. COOP and COEP are not set: Go has no threads here, and COEP breaks embedding.
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

const (
	keepForever = "public, max-age=31536000, immutable" // hashed names
	askAgain    = "no-cache"                            // the page, the service worker
)

// setHeaders sets what production sends with every file of the site.
func setHeaders(h http.Header, path string) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	if strings.HasPrefix(path, "/assets/") {
		h.Set("Cache-Control", keepForever)
	} else {
		h.Set("Cache-Control", askAgain)
	}
}
