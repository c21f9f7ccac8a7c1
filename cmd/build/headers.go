package main

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// pagePolicy is the Content-Security-Policy of the page as far as the page itself can declare it, which it does for
// servers that send no headers. It can run its own code only, and every script and every HTML text passes one of the
// named Trusted Types policies. It can connect to any server over https, and to this machine, because a person chooses
// where a model comes from; attached pictures are read from blob: and data: URLs. Styles may be inline, for browsers
// without constructable style sheets.
var pagePolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"worker-src 'self'",
	"connect-src 'self' blob: data: https: http://127.0.0.1:* http://localhost:*",
	"img-src 'self' blob: data:",
	"font-src 'self'",
	"style-src 'self' 'unsafe-inline'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"object-src 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types " + strings.Join(trustedPolicies, " "),
}, "; ")

// trustedPolicies has the names of the Trusted Types policies: of lit, of web/src/script-url.ts, and of DOMPurify.
var trustedPolicies = []string{"lit-html", "outrider", "dompurify"}

// contentPolicy is the Content-Security-Policy of every page and script but embed.html, which is for frames.
var contentPolicy = pagePolicy + "; frame-ancestors 'self'"

// Values of Cache-Control.
const (
	immutable  = "public, max-age=31536000, immutable" // files with a hash in their name
	revalidate = "no-cache"                            // all other files: the browser asks whether they changed
)

// A headerRule has headers of the files whose path on the site matches a pattern.
type headerRule struct {
	pattern string // "*" stands for any rest
	headers []string
}

// headerRules has the headers that a server should send. No file has the same header from two rules, because servers
// differ in what they make of that. Cross-Origin-Embedder-Policy is not set: it enables shared memory, which Go's
// single thread does not use, and prevents embedding.
var headerRules = []headerRule{
	{"/*", []string{
		"X-Content-Type-Options: nosniff",
		"Referrer-Policy: no-referrer",
		"Permissions-Policy: camera=(), microphone=(), geolocation=()",
	}},
	{"/", ownPage},
	{"/index.html", ownPage},
	{"/embed", forFrames},
	{"/embed.html", forFrames},
	{"/service-worker.js", []string{ownPolicy}},
	{"/assets/*", append([]string{"Cache-Control: " + immutable}, forOthers...)},
	{"/embed.js", forOthers},
	{"/outrider.js", forOthers},
	{"/scout-chat.js", forOthers},
}

// ownPolicy sets the policy of the site's own pages and scripts.
var ownPolicy = "Content-Security-Policy: " + contentPolicy

// forFrames lets the pages of other origins show the chat in a frame. The page in it decides which of them may use it.
var forFrames = []string{"Content-Security-Policy: " + pagePolicy, "Cross-Origin-Resource-Policy: cross-origin"}

// ownPage separates the page from those of other origins.
var ownPage = []string{
	ownPolicy,
	"Cross-Origin-Opener-Policy: same-origin",
	"Cross-Origin-Resource-Policy: same-origin",
}

// forOthers lets the pages of other origins load what the chat on them consists of.
var forOthers = []string{
	ownPolicy,
	"Access-Control-Allow-Origin: *",
	"Access-Control-Expose-Headers: Content-Range, ETag",
	"Cross-Origin-Resource-Policy: cross-origin",
}

// setHeaders sets the headers of a file of the site.
func setHeaders(h http.Header, name string) {
	h.Set("Cache-Control", revalidate)
	for _, rule := range headerRules {
		if !rule.matches(name) {
			continue
		}
		for _, header := range rule.headers {
			key, value, _ := strings.Cut(header, ": ")
			h.Set(key, value)
		}
	}
}

func (r headerRule) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(r.pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return path.Clean(name) == r.pattern
}

// writeHeaders writes the rules to the file _headers, from which Netlify, Cloudflare Pages and others take them.
func writeHeaders() (string, error) {
	var text strings.Builder
	for _, rule := range headerRules {
		fmt.Fprintln(&text, rule.pattern)
		for _, header := range rule.headers {
			fmt.Fprintln(&text, " ", header)
		}
	}
	return "_headers", os.WriteFile(filepath.Join(siteDir, "_headers"), []byte(text.String()), 0o644)
}
