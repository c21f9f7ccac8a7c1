package fetch

import (
	"context"
	"strings"
)

// Server is a folder on a server.
type Server struct {
	base  string // up to and with the last slash of the path
	query string // with its question mark, or empty; every file of the folder gets it
}

// Split takes the address of a file apart into its folder and its name.
func SplitURL(url string) (Server, string) {
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	path, query := url, ""
	if i := strings.IndexByte(url, '?'); i >= 0 {
		path, query = url[:i], url[i:]
	}
	slash := strings.LastIndexByte(path, '/') + 1
	return Server{base: path[:slash], query: query}, path[slash:]
}

// ID is the address of a file.
func (s Server) ID(name string) string { return s.base + name + s.query }

// Remote is true.
func (s Server) Remote() bool { return true }

// Open asks the server for a file's size and whether it serves ranges.
func (s Server) Open(ctx context.Context, name string) (Source, error) {
	return openURL(ctx, s.ID(name))
}
