package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// serve serves dist/site with the headers of a production server, and with -model a local file under models/, which
// the page then loads by default.
func serve(args []string) error {
	f := flags("serve")
	addr := f.String("addr", "127.0.0.1:8080", "address to listen on")
	base := f.String("base", "/", "`path` of the site, which ends with a slash")
	dir := f.String("dir", siteDir, "`folder` of the built site")
	model := f.String("model", "", "GGUF `file` to offer on the page; of a split model, the first file")
	hosts := f.String("hosts", "", "`names`, separated by commas, under which the server may be reached besides localhost")
	verbose := f.Bool("log", false, "log each request: method, path, status and bytes of the body")
	f.Parse(args)

	handler, err := siteServer(*dir, *base, *model)
	if err != nil {
		return err
	}
	if *verbose {
		handler = logRequests(handler)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	log.Printf("http://%s%s", strings.Replace(listener.Addr().String(), "127.0.0.1", "localhost", 1), *base)
	host, _, _ := net.SplitHostPort(*addr)
	return http.Serve(listener, onlyHosts{handler, append(strings.Split(*hosts, ","), host)})
}

// siteServer returns a handler for the site in a folder and, if one is named, a model, under a path.
func siteServer(dir, base, model string) (http.Handler, error) {
	if !strings.HasPrefix(base, "/") || !strings.HasSuffix(base, "/") {
		return nil, fmt.Errorf("-base %s: the path of the site begins and ends with a slash, as /outrider/ does", base)
	}
	if _, err := os.Stat(filepath.Join(dir, "index.html")); err != nil {
		return nil, fmt.Errorf("%s is not built: run `make site` first", dir)
	}
	site := http.NewServeMux()
	site.Handle("/", siteHandler{dir})
	if model != "" {
		offered, err := offer(model)
		if err != nil {
			return nil, err
		}
		site.Handle("/models/", offered)
		log.Printf("offering %s", model)
	}
	mux := http.NewServeMux() // redirects from a base without its slash
	mux.Handle(base, http.StripPrefix(strings.TrimSuffix(base, "/"), site))
	return mux, nil
}

// siteHandler serves the files of a built site, compressed if the browser accepts that.
type siteHandler struct{ dir string }

func (s siteHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Clean(r.URL.Path)
	if name == "/" {
		name = "/index.html"
	}
	if path.Ext(name) == "" { // as many servers do
		name += ".html"
	}
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	info, err := os.Stat(file)
	if err != nil || info.IsDir() || isCompressed(file) {
		http.NotFound(w, r)
		return
	}
	setHeaders(w.Header(), name)
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Add("Vary", "Accept-Encoding")
	if compressed, encoding := accepted(file, r.Header.Get("Accept-Encoding")); compressed != "" {
		w.Header().Set("Content-Encoding", encoding)
		file = compressed
	}
	sendFile(w, r, os.DirFS(filepath.Dir(file)), filepath.Base(file))
}

// sendFile is http.ServeFile without its redirect from index.html, which a service worker requests by name.
func sendFile(w http.ResponseWriter, r *http.Request, fsys fs.FS, name string) {
	f, err := fsys.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	content, seekable := f.(io.ReadSeeker)
	if err != nil || !info.Mode().IsRegular() || !seekable {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, "", info.ModTime(), content)
}

// accepted returns the smallest compressed form of file that the browser accepts, or "".
func accepted(file, acceptEncoding string) (compressed, encoding string) {
	for _, e := range []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !strings.Contains(acceptEncoding, e.name) {
			continue
		}
		if _, err := os.Stat(file + e.ext); err == nil {
			return file + e.ext, e.name
		}
	}
	return "", ""
}

// contentType returns the media type of a file. It does not use the system's table, which differs between machines;
// streaming compilation needs exactly application/wasm.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".json":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}

// offer returns a handler for /models/ that serves the GGUF files of a model's folder, whole or in ranges, and
// offered.json, the list from which the page reads the model's URL. Symbolic links lead out of the folder only if model
// itself is one.
func offer(model string) (http.Handler, error) {
	if _, err := os.Stat(model); err != nil {
		return nil, err
	}
	dir, file := filepath.Dir(model), filepath.Base(model)
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal([]string{"models/" + url.PathEscape(file)})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		w.Header().Set("Cache-Control", revalidate)
		switch {
		case name == "offered.json":
			w.Header().Set("Content-Type", "application/json")
			w.Write(list)
		case name == file:
			w.Header().Set("Content-Type", "application/octet-stream")
			sendFile(w, r, os.DirFS(dir), name)
		case strings.HasSuffix(name, ".gguf"):
			w.Header().Set("Content-Type", "application/octet-stream")
			sendFile(w, r, folder.FS(), name)
		default:
			http.NotFound(w, r)
		}
	}), nil
}
