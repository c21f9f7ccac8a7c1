package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get sends a request with headers, pairs of name and value, to a handler and returns its response.
func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSiteHandlerSendsCompressedFilesAndHeaders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"index.html": "page", "assets/main-1.wasm": "wasm", "assets/main-1.wasm.br": "small", "assets/main-1.wasm.gz": "less",
		"service-worker.js": "worker",
	})
	site := siteHandler{dir}
	for _, c := range []struct {
		name, path, accept           string
		code                         int
		body, kind, encoding, caches string
	}{
		{"the page", "/", "", 200, "page", "text/html; charset=utf-8", "", revalidate},
		{"the page by name, without a redirect", "/index.html", "", 200, "page", "text/html; charset=utf-8", "", revalidate},
		{"brotli first", "/assets/main-1.wasm", "gzip, br", 200, "small", "application/wasm", "br", immutable},
		{"gzip next", "/assets/main-1.wasm", "gzip", 200, "less", "application/wasm", "gzip", immutable},
		{"uncompressed otherwise", "/assets/main-1.wasm", "", 200, "wasm", "application/wasm", "", immutable},
		{"the service worker is revalidated", "/service-worker.js", "br",
			200, "worker", "text/javascript; charset=utf-8", "", revalidate},
	} {
		w := get(site, c.path, "Accept-Encoding", c.accept)
		h := w.Header()
		got := []any{w.Code, w.Body.String(), h.Get("Content-Type"), h.Get("Content-Encoding"), h.Get("Cache-Control")}
		want := []any{c.code, c.body, c.kind, c.encoding, c.caches}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: got %v, want %v", c.name, got[i], want[i])
			}
		}
		if h.Get("Content-Security-Policy") != contentPolicy {
			t.Errorf("%s: no content policy", c.name)
		}
		wantOrigin := map[bool]string{true: "*"}[strings.HasPrefix(c.path, "/assets/")]
		if origin := h.Get("Access-Control-Allow-Origin"); origin != wantOrigin {
			t.Errorf("%s: allowed for %q, want %q", c.name, origin, wantOrigin)
		}
	}
	for _, path := range []string{"/none", "/assets", "/assets/main-1.wasm.br", "/../serve.go"} {
		if w := get(site, path); w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

func TestOfferServesRangesAndAList(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"my model.gguf": "GGUF weights", "secret.txt": "secret"})
	offered, err := offer(filepath.Join(dir, "my model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if w := get(offered, "/models/offered.json"); w.Body.String() != `["models/my%20model.gguf"]` {
		t.Errorf("the list is %s", w.Body)
	}
	if w := get(offered, "/models/my%20model.gguf", "Range", "bytes=5-7"); w.Code != 206 || w.Body.String() != "wei" {
		t.Errorf("range: got %d %q", w.Code, w.Body)
	}
	if w := get(offered, "/models/secret.txt"); w.Code != 404 {
		t.Errorf("a file that is not a model: got %d", w.Code)
	}
	if _, err := offer(filepath.Join(dir, "none.gguf")); err == nil {
		t.Error("a missing file was offered")
	}
}

func TestOfferFollowsNoLinkOutOfTheFolderAndServesNoFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{"m.gguf": "GGUF", "folder.gguf/x": "", "beside.gguf": "beside"})
	write(t, outside, map[string]string{"private": "private"})
	for link, target := range map[string]string{
		"link.gguf": filepath.Join(outside, "private"), "told.gguf": filepath.Join(outside, "private"),
		"near.gguf": "beside.gguf",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	offered, err := offer(filepath.Join(dir, "told.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]int{
		"m.gguf": 200, "near.gguf": 200, "told.gguf": 200, "link.gguf": 404, "folder.gguf": 404, "none.gguf": 404,
	} {
		if w := get(offered, "/models/"+name); w.Code != code {
			t.Errorf("%s: got %d, want %d", name, w.Code, code)
		}
	}
}

func TestOnlyNamesOfThisMachineAreServed(t *testing.T) {
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for host, code := range map[string]int{
		"localhost:8080": 200, "LOCALHOST": 200, "a.localhost:1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200,
		"told.example": 200,
		"evil.example": 403, "localhost.evil.example": 403, "10.0.0.1:8080": 403, "": 403, "127.0.0.1.evil.example:80": 403,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		onlyHosts{page, []string{"told.example", ""}}.ServeHTTP(w, r)
		if w.Code != code {
			t.Errorf("Host: %q: got %d, want %d", host, w.Code, code)
		}
	}
}

func TestBudgetCheckIsExact(t *testing.T) {
	b := budget{label: "x", raw: 100, brotli: 10}
	if over := b.check(100, 10); len(over) != 0 {
		t.Errorf("within budget: %v", over)
	}
	if over := b.check(101, 11); len(over) != 2 || !strings.Contains(over[0], "101 B raw") {
		t.Errorf("over budget: %v", over)
	}
}

func TestListFilesHasHashesOnlyOfFilesWithoutOne(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"index.html": "page", "assets/page-1.js": "js", "assets/image-1.wasm": "wasm", "assets/nano-1.gguf": "weights",
		"models/offered.json": "[]", "scout-chat.js": "js", "assets/scout-chat-1.js": "js", "_headers": "/*",
	})
	site, err := listFiles(dir)
	if err != nil || len(site.Files) != 2 || len(site.Later) != 1 || site.Later[0].Path != "assets/image-1.wasm" {
		t.Fatalf("%+v, %v", site, err)
	}
	if page := site.Files[1]; page.Path != "" || page.Integrity != "sha256-NmAxWprz3yVdjxmrB35Hl4IrQUiKDioEvGr3EhPCMnQ=" {
		t.Errorf("the page is %+v", page)
	}
	if script := site.Files[0]; script.Path != "assets/page-1.js" || script.Integrity != "" {
		t.Errorf("the script is %+v", script)
	}
}

func TestSiteServerServesUnderAPath(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"index.html": "page"})
	h, err := siteServer(dir, "/outrider/", "")
	if err != nil {
		t.Fatal(err)
	}
	if w := get(h, "/outrider/"); w.Code != 200 || w.Body.String() != "page" {
		t.Errorf("the page: %d %q", w.Code, w.Body)
	}
	if w := get(h, "/"); w.Code != 404 {
		t.Errorf("another path: %d, want 404", w.Code)
	}
	if w := get(h, "/outrider"); w.Header().Get("Location") != "/outrider/" {
		t.Errorf("without the slash: %d, %q", w.Code, w.Header())
	}
	if _, err := siteServer(dir, "outrider", ""); err == nil {
		t.Error("a path without slashes was accepted")
	}
}

func TestHeaderRulesSetNoHeaderTwice(t *testing.T) {
	for _, name := range []string{"/", "/index.html", "/assets/page-1.js", "/outrider.js", "/icon.svg"} {
		seen := map[string]bool{}
		for _, rule := range headerRules {
			for _, header := range rule.headers {
				key, _, _ := strings.Cut(header, ": ")
				if rule.matches(name) && seen[key] {
					t.Errorf("%s has %s twice", name, key)
				}
				seen[key] = seen[key] || rule.matches(name)
			}
		}
	}
}
